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
  struct Word {
    std::string_view word;
    FigureWidth::Unit unit;
    double amount;  // of it
  };
  constexpr std::array<Word, 5> kWords = {{{"", FigureWidth::Unit::px, 1},
                                           {"px", FigureWidth::Unit::px, 1},
                                           {"mm", FigureWidth::Unit::mm, 1},
                                           {"cm", FigureWidth::Unit::mm, 10},
                                           {"in", FigureWidth::Unit::mm, 25.4}}};
  FigureWidth width = usual;
  const char* end = text.data() + text.size();
  const auto [behind, error] = std::from_chars(text.data(), end, width.amount);
  const std::string_view written(behind, static_cast<std::size_t>(end - behind));
  const auto* const word =
      std::find_if(kWords.begin(), kWords.end(), [&](const Word& one) { return one.word == written; });
  if (error == std::errc() && word != kWords.end()) {
    width.unit = word->unit;
    width.amount *= word->amount;
    if (width.amount >= kNarrowest && width.amount <= widest(width.unit)) {
      if (width.unit == FigureWidth::Unit::px) width.amount = std::round(width.amount);
      return width;
    }
  }
  throw vit::Error("The width \"" + text +
                   "\" is not possible; write 10mm to 2000mm, or as much in cm or in (inches), or 10px to 16384px.");
}

bool names_unit(const std::string& text) {
  return !text.empty() && text.back() >= 'a' && text.back() <= 'z';
}

double widest(FigureWidth::Unit unit) {
  return unit == FigureWidth::Unit::mm ? kWidestMm : kWidestPx;
}

double round_width(double needed, FigureWidth::Unit unit) {
  const double step = unit == FigureWidth::Unit::mm ? 1 : 10;
  return std::clamp(std::ceil(needed / step - 1e-9) * step, kNarrowest, widest(unit));
}

std::optional<FigureWidth> wider_that_fits(const ExportStyle& style,
                                           const std::function<bool(const ExportStyle&)>& fits) {
  const FigureWidth::Unit unit = style.width.unit;
  ExportStyle wider = style;
  while (wider.width.amount < widest(unit)) {
    wider.width.amount = round_width(wider.width.amount + 1, unit);
    if (fits(wider)) return wider.width;
  }
  return std::nullopt;
}

std::string width_text(const FigureWidth& width) {
  if (width.unit == FigureWidth::Unit::natural) return "";
  return fmt::format("{:g}{}", width.amount, width.unit == FigureWidth::Unit::mm ? "mm" : "px");
}

}  // namespace headlight
