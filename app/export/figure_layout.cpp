#include "app/export/figure_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/export/lettering.h"
#include "engine/base/error.h"

namespace headlight {
namespace {

constexpr double kWidestNatural = 4096;  // px, of many tiles side by side
constexpr double kLargestTile = 256;     // px, of several
constexpr double kSmallestTile = 6;      // units
constexpr double kPointsPerMm = 72 / 25.4;

double widest(const std::vector<std::string>& words, double size) {
  double width = 0;
  for (const std::string& word : words) width = std::max(width, lettering().width(word, size));
  return width;
}

/// Units and letters, and the width where it is given.
void set_scale(FigureLayout& layout, const FigureContent& content, const ExportStyle& style) {
  const FigureWidth& width = style.width;
  switch (width.unit) {
    case FigureWidth::Unit::mm:
      layout.points = 1;
      layout.pixels = width.dpi / 72;
      layout.width = width.amount * kPointsPerMm;
      layout.text = width.amount < 60 ? 6 : width.amount < 120 ? 7 : 8;  // what journals ask for
      break;
    case FigureWidth::Unit::px:
      layout.width = width.amount;
      layout.text = std::clamp(width.amount / 55, 10.0, 24.0);
      break;
    case FigureWidth::Unit::natural:
      layout.text =
          content.cells.size() == 1
              ? std::clamp(style.size_px / 34.0, 10.0, 24.0)
              : std::clamp(std::min({1.0 * style.size_px, kLargestTile, kWidestNatural / content.columns}) / 12, 10.0,
                           22.0);
      break;
  }
  layout.fine_pixels = width.dpi / 72 * layout.points;
}

double rounded_to(double value, double pixels) {
  return std::round(value * pixels) / pixels;
}

/// Tiles fill the given width, or make it.
void set_tiles(FigureLayout& layout, const FigureContent& content, double aspect, const ExportStyle& style) {
  const int columns = content.columns;
  constexpr double kGap = 0.05;  // of a tile
  if (style.width.unit != FigureWidth::Unit::natural) {
    const double room = layout.width - 2 * layout.margin - layout.labels;
    layout.tile_width = room / (columns + kGap * (columns - 1));
    if (layout.tile_width < kSmallestTile)
      throw vit::Error(fmt::format("{} leaves {} columns of maps no room; choose a larger width or fewer heads.",
                                   width_text(style.width), columns));
    layout.gap = rounded_to(kGap * layout.tile_width, layout.pixels);
    layout.tile_width = std::floor((room - (columns - 1) * layout.gap) / columns * layout.pixels) / layout.pixels;
    layout.tile_height = std::max(1 / layout.pixels, rounded_to(layout.tile_width / aspect, layout.pixels));
    return;
  }
  const double longer =
      content.cells.size() == 1
          ? std::max(1, style.size_px)
          : std::floor(std::clamp(kWidestNatural / columns, 8.0, std::clamp(1.0 * style.size_px, 8.0, kLargestTile)));
  layout.tile_width = std::max(1.0, std::round(aspect >= 1 ? longer : longer * aspect));
  layout.tile_height = std::max(1.0, std::round(aspect >= 1 ? longer / aspect : longer));
  layout.gap = columns == 1 ? 0 : std::max(2.0, std::floor(longer * kGap));
  layout.width = std::ceil(2 * layout.margin + layout.labels + columns * (layout.tile_width + layout.gap) - layout.gap);
}

/// The rows from `y` on; returns where they end.
double set_rows(FigureLayout& layout, const FigureContent& content, double y) {
  std::vector<std::string> captions, short_ones;
  for (const FigureCell& cell : content.cells) {
    captions.push_back(cell.caption);
    short_ones.push_back(cell.short_caption());
  }
  layout.short_captions = widest(captions, layout.text) > layout.tile_width;
  const bool fits = !layout.short_captions || widest(short_ones, layout.text) <= layout.tile_width;
  const double row_gap = std::max(layout.gap, content.columns == 1 ? 0.5 * layout.text : 0.0);
  for (std::size_t first = 0; first < content.cells.size(); first += static_cast<std::size_t>(content.columns)) {
    const auto last = std::min(content.cells.size(), first + static_cast<std::size_t>(content.columns));
    bool captioned = false;
    for (std::size_t i = first; i < last; ++i) captioned = captioned || !captions[i].empty();
    layout.row_y.push_back(rounded_to(y, layout.pixels));
    layout.caption_height.push_back(
        captioned && fits && lettering().available() ? rounded_to(1.45 * layout.text, layout.pixels) : 0);
    y = layout.row_y.back() + layout.caption_height.back() + layout.tile_height + row_gap;
  }
  return y - row_gap;
}

/// The colour scale from `y` on; returns where it ends.
double set_bar(FigureLayout& layout, const FigureContent& content, double y) {
  const double room = layout.width - 2 * layout.margin;
  if (!content.has_scale) {
    layout.bar_y = rounded_to(y + 0.6 * layout.text, layout.pixels);
    layout.legend = wrapped_lines(content.unit, 0.9 * layout.text, Weight::regular, room);
    return layout.bar_y + static_cast<double>(layout.legend.size()) * layout.line();
  }
  layout.bar_height = rounded_to(0.7 * layout.text, layout.pixels);
  layout.bar_y = rounded_to(y + (content.columns == 1 ? 0.6 : 1.0) * layout.text, layout.pixels);
  layout.bar_width =
      rounded_to(content.columns == 1 ? layout.tile_width : std::min(room, 24 * layout.text), layout.pixels);
  const double unit = lettering().width(content.unit, 0.9 * layout.text);
  layout.unit_beside = layout.labels + layout.bar_width + 1.2 * layout.text + unit <= room;
  y = layout.bar_y + layout.bar_height;
  if (!lettering().available()) return y;
  return y + (layout.unit_beside || content.unit.empty() ? 1.4 : 2.6) * layout.text;
}

}  // namespace

std::string FigureCell::short_caption() const {
  return brief.empty() || caption.empty() ? last_word(caption) : brief;
}

std::string last_word(const std::string& caption) {
  const std::size_t space = caption.rfind(' ');
  return space == std::string::npos ? caption : caption.substr(space + 1);
}

std::vector<std::string> wrapped_lines(const std::string& text, double size, Weight weight, double width) {
  const Lettering& letters = lettering();
  const auto cut = [&](std::string word) {
    if (letters.width(word, size, weight) <= width) return word;
    while (!word.empty() && letters.width(word + "…", size, weight) > width) {
      while (word.size() > 1 && (word.back() & 0xC0) == 0x80) word.pop_back();
      word.pop_back();
    }
    return word + "…";
  };
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < text.size() && letters.available();) {
    const std::size_t end = std::min(text.find(' ', start), text.size());
    const std::string word = text.substr(start, end - start);
    start = end + 1;
    if (word.empty()) continue;
    const std::string longer = lines.empty() ? word : lines.back() + " " + word;
    if (!lines.empty() && letters.width(longer, size, weight) <= width)
      lines.back() = longer;
    else
      lines.push_back(cut(word));
  }
  return lines;
}

FigureLayout layout_of(const FigureContent& content, double aspect, const ExportStyle& style) {
  FigureLayout layout;
  set_scale(layout, content, style);
  const bool bare = content.cells.size() == 1 && !*style.bar && !*style.caption;
  layout.margin = bare ? 0 : rounded_to(layout.points == 1 ? 0.6 * layout.text : 1.2 * layout.text, layout.pixels);
  if (!content.row_labels.empty() && lettering().available())
    layout.labels = rounded_to(widest(content.row_labels, layout.text) + 0.8 * layout.text, layout.pixels);
  set_tiles(layout, content, aspect, style);
  double y = layout.margin;
  if (*style.caption) {
    const double room = layout.width - 2 * layout.margin;
    layout.title = wrapped_lines(content.title, layout.text, Weight::strong, room);
    layout.subtitle = wrapped_lines(content.subtitle, 0.9 * layout.text, Weight::regular, room);
    y += (static_cast<double>(layout.title.size() + layout.subtitle.size())) * layout.line() + 0.5 * layout.text;
  }
  y = set_rows(layout, content, y);
  if (*style.bar) y = set_bar(layout, content, y);
  layout.height = bare ? layout.tile_height : std::ceil((y + layout.margin) * layout.pixels) / layout.pixels;
  return layout;
}

}  // namespace headlight
