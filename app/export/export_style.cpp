#include "app/export/export_style.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "engine/base/error.h"

namespace headlight {
namespace {

constexpr std::array<vit::Choice<Ground>, 3> kGrounds = {
    {{Ground::white, "white", "White", "For papers and documents."},
     {Ground::transparent, "transparent", "Transparent", "Dark words on whatever lies behind."},
     {Ground::dark, "dark", "Dark", "For slides: light words on a dark ground."}}};

constexpr std::array<vit::Choice<FileKind>, 6> kFileKinds = {
    {{FileKind::png, "png", "PNG", "Pixels; the file holds the view, too: it opens again in Headlight."},
     {FileKind::pdf, "pdf", "PDF", "For papers: words as text with their typeface, patches as sharp squares."},
     {FileKind::svg, "svg", "SVG", "For drawing programs: words stay text that can be changed."},
     {FileKind::npy, "npy", "NPY", "The numbers themselves, 32-bit floats for NumPy."},
     {FileKind::csv, "csv", "CSV", "The numbers themselves as text for a spreadsheet."},
     {FileKind::json, "json", "JSON",
      "Of masks: run lengths on the patches and on the photo's pixels, as COCO has them."}}};

constexpr double kWidestPx = 16384, kWidestMm = 2000, kNarrowest = 10;

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

}  // namespace

std::span<const vit::Choice<Ground>> choices(Ground) {
  return kGrounds;
}

std::span<const vit::Choice<FileKind>> choices(FileKind) {
  return kFileKinds;
}

FileKind kind_of(const std::filesystem::path& file) {
  const std::string ending = lower(file.extension().string());
  const auto kind = vit::choice_by_id<FileKind>(ending.empty() ? "" : std::string_view(ending).substr(1));
  if (!kind)
    throw vit::Error("What shall " + file.string() + " be? Let its name end in .png, .pdf, .svg, .npy, .csv or .json.");
  return *kind;
}

ExportStyle decorated(ExportStyle style, bool is_figure) {
  const bool usual = is_figure || style.overlay;
  style.bar = style.bar.value_or(usual);
  style.caption = style.caption.value_or(usual);
  return style;
}

FigureWidth parse_width(const std::string& text, const FigureWidth& usual) {
  FigureWidth width = usual;
  const char* end = text.data() + text.size();
  const auto [unit, error] = std::from_chars(text.data(), end, width.amount);
  const std::string_view words(unit, static_cast<std::size_t>(end - unit));
  width.unit = words == "mm" ? FigureWidth::Unit::mm : FigureWidth::Unit::px;
  const double widest = width.unit == FigureWidth::Unit::mm ? kWidestMm : kWidestPx;
  if (error != std::errc() || !(words.empty() || words == "px" || words == "mm") || !(width.amount >= kNarrowest) ||
      !(width.amount <= widest))
    throw vit::Error("The width \"" + text + "\" is not possible; write 10mm to 2000mm, or 10px to 16384px.");
  if (width.unit == FigureWidth::Unit::px) width.amount = std::round(width.amount);
  return width;
}

std::string width_text(const FigureWidth& width) {
  if (width.unit == FigureWidth::Unit::natural) return "";
  return fmt::format("{:g}{}", width.amount, width.unit == FigureWidth::Unit::mm ? "mm" : "px");
}

}  // namespace headlight
