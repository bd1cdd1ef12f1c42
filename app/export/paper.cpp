#include "app/export/paper.h"

#include <cairo-pdf.h>
#include <cairo.h>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "app/export/lettering.h"
#include "engine/base/error.h"
#include "engine/base/utf8.h"

namespace headlight {
namespace {

constexpr int kLargestSide = 16384;  // px

template <auto Destroy>
struct With {
  template <class T>
  void operator()(T* object) const {
    Destroy(object);
  }
};
using Surface = std::unique_ptr<cairo_surface_t, With<cairo_surface_destroy>>;
using Context = std::unique_ptr<cairo_t, With<cairo_destroy>>;

void check(cairo_status_t status) {
  if (status == CAIRO_STATUS_NO_MEMORY) throw std::bad_alloc();
  if (status != CAIRO_STATUS_SUCCESS)
    throw vit::Error(std::string("The figure cannot be drawn: ") + cairo_status_to_string(status) +
                     "; choose another size or format.");
}

/// Cairo's picture of an opaque one.
Surface surface_of(const vit::Image& image) {
  Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, image.width, image.height));
  check(cairo_surface_status(surface.get()));
  unsigned char* data = cairo_image_surface_get_data(surface.get());
  const int stride = cairo_image_surface_get_stride(surface.get());
  for (int y = 0; y < image.height; ++y) {
    auto* row = reinterpret_cast<std::uint32_t*>(data + static_cast<std::ptrdiff_t>(y) * stride);
    for (int x = 0; x < image.width; ++x) {
      const std::uint8_t* p = image.pixel(x, y);
      row[x] = (std::uint32_t{p[0]} << 16) | (std::uint32_t{p[1]} << 8) | p[2];
    }
  }
  cairo_surface_mark_dirty(surface.get());
  return surface;
}

/// What pixels and PDF have in common.
class CairoPaper : public Paper {
 public:
  explicit CairoPaper(cairo_t* context) : context_(context) {}

  void fill(const Rect& area, Color color) override {
    ink(color);
    const Rect r = snapped(area);
    cairo_rectangle(context_, r.x, r.y, r.width, r.height);
    cairo_fill(context_);
  }
  void frame(const Rect& area, Color color, double thickness) override {
    ink(color);
    const Rect r = snapped(area);
    cairo_set_line_width(context_, thickness);
    cairo_rectangle(context_, r.x + thickness / 2, r.y + thickness / 2, r.width - thickness, r.height - thickness);
    cairo_stroke(context_);
  }
  void line(const std::vector<std::pair<double, double>>& points, Color color, double thickness) override {
    ink(color);
    cairo_set_line_width(context_, thickness);
    cairo_set_line_join(context_, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(context_, CAIRO_LINE_CAP_ROUND);
    cairo_new_path(context_);  // text leaves a point
    for (const auto& [x, y] : points) cairo_line_to(context_, x, y);
    cairo_stroke(context_);
    cairo_set_line_join(context_, CAIRO_LINE_JOIN_MITER);
    cairo_set_line_cap(context_, CAIRO_LINE_CAP_BUTT);
  }
  void text(double x, double baseline, std::string_view text, const Letters& letters) override {
    ink(letters.color);
    const double share = letters.align == Align::left ? 0 : letters.align == Align::center ? 0.5 : 1;
    x -= share * (share > 0 ? lettering().width(text, letters.size, letters.weight) : 0);
    lettering().draw(context_, x, baseline, text, letters.size, letters.weight);
  }

 protected:
  void ink(Color color) { cairo_set_source_rgb(context_, color[0] / 255.0, color[1] / 255.0, color[2] / 255.0); }
  /// Exactly over the area. Nearest, so that no reader of a PDF file is asked to blur patches.
  void paint(const Rect& area, const vit::Image& image) {
    const Surface picture = surface_of(image);
    cairo_save(context_);
    cairo_translate(context_, area.x, area.y);
    cairo_scale(context_, area.width / image.width, area.height / image.height);
    cairo_set_source_surface(context_, picture.get(), 0, 0);
    cairo_pattern_set_filter(cairo_get_source(context_), CAIRO_FILTER_NEAREST);
    cairo_pattern_set_extend(cairo_get_source(context_), CAIRO_EXTEND_PAD);
    cairo_rectangle(context_, 0, 0, image.width, image.height);
    cairo_fill(context_);
    cairo_restore(context_);
  }

  cairo_t* context_;
};

class PixelPaper final : public CairoPaper {
 public:
  PixelPaper(cairo_t* context, double pixels) : CairoPaper(context), pixels_(pixels) {
    cairo_set_antialias(context, CAIRO_ANTIALIAS_GRAY);
    cairo_scale(context, pixels, pixels);
  }
  Rect snapped(const Rect& area) const override {
    const auto to_pixel = [this](double v) { return std::round(v * pixels_) / pixels_; };
    const double left = to_pixel(area.x), top = to_pixel(area.y);
    return {left, top, std::max(1 / pixels_, to_pixel(area.right()) - left),
            std::max(1 / pixels_, to_pixel(area.bottom()) - top)};
  }
  void frame(const Rect& area, Color color, double thickness) override {
    CairoPaper::frame(area, color, std::max(1.0, std::round(thickness * pixels_)) / pixels_);
  }
  void picture(const Rect& area, int, int, const Render& render) override {
    const Rect r = snapped(area);
    paint(r,
          render(static_cast<int>(std::lround(r.width * pixels_)), static_cast<int>(std::lround(r.height * pixels_))));
  }
  void text(double x, double baseline, std::string_view text, const Letters& letters) override {
    CairoPaper::text(x, std::round(baseline * pixels_) / pixels_, text, letters);  // sharper feet
  }

 private:
  double pixels_;
};

class PdfPaper final : public CairoPaper {
 public:
  PdfPaper(cairo_t* context, double pixels) : CairoPaper(context), pixels_(pixels) {}
  void picture(const Rect& area, int cols, int rows, const Render& render) override {
    const auto [width, height] = pixels_for(area, cols, rows, pixels_);
    paint(area, render(width, height));
  }

 private:
  double pixels_;
};

cairo_status_t append(void* to, const unsigned char* data, unsigned length) {
  try {
    static_cast<std::string*>(to)->append(reinterpret_cast<const char*>(data), length);
  } catch (...) {
    return CAIRO_STATUS_NO_MEMORY;
  }
  return CAIRO_STATUS_SUCCESS;
}

}  // namespace

std::pair<int, int> pixels_for(const Rect& area, int cols, int rows, double pixels) {
  const auto side = [pixels](double length, int cells) {
    const int least = std::clamp(static_cast<int>(std::ceil(length * pixels - 1e-6)), 1, kLargestSide);
    return cells > 0 ? (least + cells - 1) / cells * cells : least;
  };
  return {side(area.width, cols), side(area.height, rows)};
}

Raster raster_of(const Drawing& drawing, double pixels) {
  const double wide = std::round(drawing.width * pixels), high = std::round(drawing.height * pixels);
  if (!(wide <= kLargestSide && high <= kLargestSide))
    throw vit::Error(
        fmt::format("A figure of {:.0f} × {:.0f} px is larger than the {} px that a side may have; choose "
                    "a smaller width or fewer dpi.",
                    wide, high, kLargestSide));
  Raster raster{std::max(1, static_cast<int>(wide)), std::max(1, static_cast<int>(high)), {}};
  const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, raster.width, raster.height));
  check(cairo_surface_status(surface.get()));
  {
    const Context context(cairo_create(surface.get()));
    PixelPaper paper(context.get(), pixels);
    if (drawing.ground) paper.fill({0, 0, raster.width / pixels, raster.height / pixels}, *drawing.ground);
    drawing.draw(paper);
    check(cairo_status(context.get()));
  }
  cairo_surface_flush(surface.get());
  const unsigned char* data = cairo_image_surface_get_data(surface.get());
  const int stride = cairo_image_surface_get_stride(surface.get());
  raster.rgba.resize(std::size_t{4} * static_cast<std::size_t>(raster.width) * raster.height);
  std::uint8_t* to = raster.rgba.data();
  for (int y = 0; y < raster.height; ++y) {
    const auto* row = reinterpret_cast<const std::uint32_t*>(data + static_cast<std::ptrdiff_t>(y) * stride);
    for (int x = 0; x < raster.width; ++x, to += 4) {
      const std::uint32_t alpha = row[x] >> 24;
      for (int c = 0; c < 3; ++c) {
        const std::uint32_t level = (row[x] >> (16 - 8 * c)) & 0xFF;
        to[c] = static_cast<std::uint8_t>(alpha == 0 ? 0 : std::min(255u, (level * 255 + alpha / 2) / alpha));
      }
      to[3] = static_cast<std::uint8_t>(alpha);
    }
  }
  return raster;
}

std::string pdf_of(const Drawing& drawing, const std::string& title, const std::string& subject) {
  std::string bytes;
  {
    const Surface surface(cairo_pdf_surface_create_for_stream(append, &bytes, drawing.width * drawing.points,
                                                              drawing.height * drawing.points));
    check(cairo_surface_status(surface.get()));
    const auto set = [&](cairo_pdf_metadata_t what, const std::string& text) {
      cairo_pdf_surface_set_metadata(surface.get(), what, vit::valid_utf8(text).c_str());
    };
    set(CAIRO_PDF_METADATA_TITLE, title);
    set(CAIRO_PDF_METADATA_SUBJECT, subject);
    set(CAIRO_PDF_METADATA_CREATOR, std::string("Headlight ") + HEADLIGHT_VERSION);
    set(CAIRO_PDF_METADATA_CREATE_DATE, "1970-01-01T00:00:00Z");  // the hour would make each file another one
    const Context context(cairo_create(surface.get()));
    cairo_scale(context.get(), drawing.points, drawing.points);
    PdfPaper paper(context.get(), drawing.fine_pixels);
    if (drawing.ground) paper.fill({0, 0, drawing.width, drawing.height}, *drawing.ground);
    drawing.draw(paper);
    check(cairo_status(context.get()));
    cairo_show_page(context.get());
    cairo_surface_finish(surface.get());
    check(cairo_surface_status(surface.get()));
  }
  return bytes;
}

}  // namespace headlight
