// SVG with text that stays text, which cairo's own SVG files do not have.
#include <fmt/format.h>

#include <cmath>

#include "app/export/paper.h"
#include "app/files/png_file.h"
#include "engine/base/utf8.h"

namespace headlight {
namespace {

constexpr const char* kTypefaces = "Inter, Helvetica, Arial, sans-serif";

/// Valid in XML: no mark-up, no control characters.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : vit::valid_utf8(text)) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += static_cast<unsigned char>(c) < 0x20 && c != '\n' ? ' ' : c;
  }
  return out;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned value = 0;
    for (std::size_t k = 0; k < 3; ++k)
      value = (value << 8) | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += i + k <= bytes.size() ? kDigits[(value >> (18 - 6 * k)) & 63] : '=';
  }
  return out;
}

std::string hex(Color color) {
  return fmt::format("#{:02x}{:02x}{:02x}", color[0], color[1], color[2]);
}

/// At most three decimals, and none that say nothing.
std::string number(double value) {
  return fmt::format("{:g}", std::round(value * 1000) / 1000);
}

std::string place(const Rect& r) {
  return fmt::format(R"(x="{}" y="{}" width="{}" height="{}")", number(r.x), number(r.y), number(r.width),
                     number(r.height));
}

class SvgPaper final : public Paper {
 public:
  explicit SvgPaper(double pixels) : pixels_(pixels) {}

  void fill(const Rect& area, Color color) override {
    body += fmt::format("<rect {} fill=\"{}\"/>\n", place(area), hex(color));
  }
  void frame(const Rect& area, Color color, double thickness) override {
    const Rect middle{area.x + thickness / 2, area.y + thickness / 2, area.width - thickness, area.height - thickness};
    body += fmt::format("<rect {} fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"/>\n", place(middle), hex(color),
                        number(thickness));
  }
  void line(const std::vector<std::pair<double, double>>& points, Color color, double thickness) override {
    std::string at;
    for (const auto& [x, y] : points) at += (at.empty() ? "" : " ") + number(x) + "," + number(y);
    body += fmt::format(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\" "
        "stroke-linecap=\"round\"/>\n",
        at, hex(color), number(thickness));
  }
  void picture(const Rect& area, int cols, int rows, const Render& render) override {
    const auto [width, height] = pixels_for(area, cols, rows, pixels_);
    body += fmt::format(
        "<image {} preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" "
        "xlink:href=\"data:image/png;base64,{}\"/>\n",
        place(area), base64(encode_png(render(width, height), {})));
  }
  void text(double x, double baseline, std::string_view text, const Letters& letters) override {
    constexpr std::array<const char*, 3> kAnchors = {"", R"( text-anchor="middle")", R"( text-anchor="end")"};
    body += fmt::format("<text x=\"{}\" y=\"{}\" font-size=\"{}\" fill=\"{}\"{}{}>{}</text>\n", number(x),
                        number(baseline), number(letters.size), hex(letters.color),
                        letters.weight == Weight::strong ? R"( font-weight="600")" : "",
                        kAnchors[static_cast<std::size_t>(letters.align)], escaped(text));
  }

  std::string body;

 private:
  double pixels_;
};

}  // namespace

std::string svg_of(const Drawing& drawing, const std::string& title, const std::string& metadata) {
  SvgPaper paper(drawing.fine_pixels);
  if (drawing.ground) paper.fill({0, 0, drawing.width, drawing.height}, *drawing.ground);
  drawing.draw(paper);
  const double mm = drawing.points / 72 * 25.4;
  const std::string size =
      drawing.has_size
          ? fmt::format(R"(width="{}mm" height="{}mm")", number(drawing.width * mm), number(drawing.height * mm))
          : fmt::format(R"(width="{}" height="{}")", number(drawing.width), number(drawing.height));
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" {} "
      "viewBox=\"0 0 {} {}\" font-family=\"{}\">\n<title>{}</title>\n<desc>{}</desc>\n{}</svg>\n",
      size, number(drawing.width), number(drawing.height), kTypefaces, escaped(title), escaped(metadata), paper.body);
}

}  // namespace headlight
