#include "app/export/figure_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "app/export/lettering.h"
#include "engine/base/error.h"

namespace headlight {
namespace {

constexpr double kWidestNatural = 4096;  // px, of many tiles side by side
constexpr double kLargestTile = 256;     // px, of several
constexpr double kSmallestTile = 6;      // units
constexpr double kPointsPerMm = 72 / 25.4;

double widest_of(const std::vector<std::string>& words, double size) {
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

/// What the width leaves no room for, as the words behind it: "leaves the words below the maps no room".
struct NoRoom {
  std::string words;
};

constexpr double kGap = 0.05;            // between tiles: of a tile
constexpr double kWidestGroupGap = 0.3;  // likewise

/// The widest name of a group: of those with another at their right, and of those at the figure's edge.
struct GroupNames {
  double before_others = 0, last = 0;
};

GroupNames group_names(const FigureLayout& layout, const FigureContent& content) {
  GroupNames names;
  for (std::size_t i = 0; i < content.cells.size() && content.group > 0; ++i) {
    const auto column = static_cast<int>(i) % content.columns;
    double& widest = column + content.group >= content.columns ? names.last : names.before_others;
    widest = std::max(widest, lettering().width(content.cells[i].heading, layout.text));
  }
  return names;
}

/// Between groups: as wide as the names above them need, up to the widest.
double group_gap_of(const FigureLayout& layout, const FigureContent& content, double tile, bool is_natural) {
  const double widest = kWidestGroupGap * tile, usual = std::min(widest, 2 * layout.text);
  const double needed =
      group_names(layout, content).before_others + 0.8 * layout.text - content.group * (tile + layout.gap);
  return std::max(usual, is_natural ? needed : std::min(needed, widest));
}

/// What the numbers at the ends of the colour scale need.
double numbers_width(const FigureLayout& layout, const FigureContent& content) {
  const double size = 0.9 * layout.text;
  return lettering().width(content.low, size) + lettering().width(content.high, size) + 0.8 * layout.text;
}

/// Of a figure whose tiles make it so wide: as much more as its words need.
double with_room_for_words(const FigureLayout& layout, const FigureContent& content, const ExportStyle& style) {
  double right = layout.width - layout.margin;
  if (content.group > 0)
    right = std::max(right, layout.tile_x(content.columns - content.group) + group_names(layout, content).last);
  if (content.has_scale && *style.bar && lettering().available())
    right = std::max(right, layout.margin + layout.labels + numbers_width(layout, content));
  return std::ceil(right + layout.margin);
}

/// Tiles fill the given width, or make it.
void set_tiles(FigureLayout& layout, const FigureContent& content, double aspect, const ExportStyle& style) {
  const int columns = content.columns, groups = content.group > 0 ? columns / content.group : 1;
  layout.group = content.group;
  if (style.width.unit != FigureWidth::Unit::natural) {
    const double room = layout.width - 2 * layout.margin - layout.labels;
    layout.tile_width = room / (columns + kGap * (columns - 1) + kWidestGroupGap * (groups - 1));
    if (layout.tile_width < kSmallestTile)
      throw NoRoom{columns == 1 ? "leaves the map no room" : fmt::format("leaves {} columns of maps no room", columns)};
    layout.gap = rounded_to(kGap * layout.tile_width, layout.pixels);
    layout.group_gap = rounded_to(group_gap_of(layout, content, layout.tile_width, false), layout.pixels);
    layout.tile_width =
        std::floor((room - (columns - 1) * layout.gap - (groups - 1) * layout.group_gap) / columns * layout.pixels) /
        layout.pixels;
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
  layout.group_gap = std::ceil(group_gap_of(layout, content, layout.tile_width, true));
  layout.width = std::ceil(2 * layout.margin + layout.labels + columns * (layout.tile_width + layout.gap) - layout.gap +
                           (groups - 1) * layout.group_gap);
  layout.width = with_room_for_words(layout, content, style);
}

/// The rows from `y` on; returns where they end.
double set_rows(FigureLayout& layout, const FigureContent& content, const ExportStyle& style, double y) {
  std::vector<std::string> captions, short_ones;
  for (const FigureCell& cell : content.cells) {
    captions.push_back(cell.caption);
    short_ones.push_back(cell.short_caption());
  }
  layout.short_captions = widest_of(captions, layout.text) > layout.tile_width;
  const bool fits = !layout.short_captions || widest_of(short_ones, layout.text) <= layout.tile_width;
  const double row_gap = std::max(layout.gap, content.columns == 1 || content.group > 0 ? 0.5 * layout.text : 0.0);
  for (std::size_t first = 0; first < content.cells.size(); first += static_cast<std::size_t>(content.columns)) {
    const auto last = std::min(content.cells.size(), first + static_cast<std::size_t>(content.columns));
    bool captioned = false, headed = false;
    for (std::size_t i = first; i < last; ++i) {
      captioned = captioned || !captions[i].empty();
      headed = headed || !content.cells[i].heading.empty();
    }
    layout.row_y.push_back(rounded_to(y, layout.pixels));
    layout.heading_height.push_back(headed && lettering().available() ? rounded_to(1.45 * layout.text, layout.pixels)
                                                                      : 0);
    layout.caption_height.push_back(
        captioned && fits && lettering().available() ? rounded_to(1.45 * layout.text, layout.pixels) : 0);
    y = layout.row_y.back() + layout.heading_height.back() + layout.caption_height.back() + layout.tile_height +
        row_gap;
  }
  const GroupNames names = group_names(layout, content);
  const double group = content.group * (layout.tile_width + layout.gap) + layout.group_gap - 0.8 * layout.text;
  const double last = layout.width - layout.margin - layout.tile_x(content.columns - content.group);
  const bool given = style.width.unit != FigureWidth::Unit::natural;
  if (content.group > 0 && given && (names.before_others > group || names.last > last))
    throw NoRoom{"leaves the names of the blocks no room"};
  return y - row_gap;
}

/// The colour scale from `y` on; returns where it ends.
double set_bar(FigureLayout& layout, const FigureContent& content, const ExportStyle& style, double y) {
  const double room = layout.width - 2 * layout.margin, size = 0.9 * layout.text;
  if (!content.has_scale) {
    layout.bar_y = rounded_to(y + 0.6 * layout.text, layout.pixels);
    layout.legend = wrapped_lines(content.unit, size, Weight::regular, room);
    return layout.bar_y + static_cast<double>(layout.legend.size()) * layout.line();
  }
  layout.bar_height = rounded_to(0.7 * layout.text, layout.pixels);
  layout.bar_y = rounded_to(y + (content.columns == 1 ? 0.6 : 1.0) * layout.text, layout.pixels);
  layout.bar_width = rounded_to(
      content.columns == 1 ? layout.tile_width : std::min(room - layout.labels, 24 * layout.text), layout.pixels);
  y = layout.bar_y + layout.bar_height;
  if (!lettering().available()) return y;
  const double numbers = numbers_width(layout, content);
  if (numbers > layout.bar_width && style.width.unit != FigureWidth::Unit::natural)
    throw NoRoom{"leaves the numbers of the colour bar no room"};
  layout.bar_width = std::max(layout.bar_width, rounded_to(numbers, layout.pixels));
  const double unit = lettering().width(content.unit, size);
  if (layout.labels + layout.bar_width + 1.2 * layout.text + unit > room)
    layout.unit = wrapped_lines(content.unit, size, Weight::regular, room - layout.labels);
  return y + (1.4 + 1.2 * static_cast<double>(layout.unit.size())) * layout.text;
}

FigureLayout attempt(const FigureContent& content, double aspect, const ExportStyle& style) {
  FigureLayout layout;
  set_scale(layout, content, style);
  const bool bare = content.cells.size() == 1 && !*style.bar && !*style.caption;
  layout.margin = bare ? 0 : rounded_to(layout.points == 1 ? 0.6 * layout.text : 1.2 * layout.text, layout.pixels);
  if (!content.row_labels.empty() && lettering().available())
    layout.labels = rounded_to(widest_of(content.row_labels, layout.text) + 0.8 * layout.text, layout.pixels);
  set_tiles(layout, content, aspect, style);
  double y = layout.margin;
  if (*style.caption) {
    const double room = layout.width - 2 * layout.margin;
    layout.title = wrapped_lines(content.title, layout.text, Weight::strong, room);
    layout.subtitle = wrapped_lines(content.subtitle, 0.9 * layout.text, Weight::regular, room);
    y += (static_cast<double>(layout.title.size() + layout.subtitle.size())) * layout.line() + 0.5 * layout.text;
  }
  y = set_rows(layout, content, style, y);
  if (*style.bar) y = set_bar(layout, content, style, y);
  layout.height = bare ? layout.tile_height : std::ceil((y + layout.margin) * layout.pixels) / layout.pixels;
  return layout;
}

}  // namespace

std::string FigureCell::short_caption() const {
  return brief.empty() || caption.empty() ? last_word(caption) : brief;
}

std::string last_word(const std::string& caption) {
  const std::size_t space = caption.rfind(' ');
  return space == std::string::npos ? caption : caption.substr(space + 1);
}

namespace {

/// The space behind a word, or the end. "(4, 12)" and "60 %" are one word.
std::size_t end_of_word(const std::string& text, std::size_t start) {
  std::size_t end = std::min(text.find(' ', start), text.size());
  const bool place = text[start] == '(' && text[end - 1] == ',', percent = text.compare(end, 2, " %") == 0;
  if (end < text.size() && (place || percent)) end = std::min(text.find(' ', end + 1), text.size());
  return end;
}

/// Where a word that is too long is broken: behind as many characters as fit, at the last mark among them if there is
/// one. At least behind its first character.
std::size_t break_in(const std::string& word, double size, Weight weight, double width) {
  std::size_t fits = 0, mark = 0;
  for (std::size_t end = 1; end <= word.size(); ++end) {
    if (end < word.size() && (static_cast<unsigned char>(word[end]) & 0xC0) == 0x80) continue;  // within a character
    if (fits > 0 && lettering().width(word.substr(0, end), size, weight) > width) break;
    fits = end;
    if (std::string_view("-_./,=:").find(word[end - 1]) != std::string_view::npos) mark = end;
  }
  return mark > 0 && fits < word.size() ? mark : fits;
}

}  // namespace

std::string cut_line(const std::string& text, double size, Weight weight, double width) {
  const Lettering& letters = lettering();
  if (letters.width(text, size, weight) <= width) return text;
  std::string cut = text;
  while (!cut.empty() && letters.width(cut + "…", size, weight) > width) {
    while (cut.size() > 1 && (cut.back() & 0xC0) == 0x80) cut.pop_back();
    cut.pop_back();
  }
  return cut + "…";
}

std::vector<std::string> wrapped_lines(const std::string& text, double size, Weight weight, double width) {
  const Lettering& letters = lettering();
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < text.size() && letters.available();) {
    const std::size_t end = end_of_word(text, start);
    std::string word = text.substr(start, end - start);
    start = end + 1;
    if (word.empty()) continue;
    const std::string longer = lines.empty() ? word : lines.back() + " " + word;
    if (!lines.empty() && letters.width(longer, size, weight) <= width) {
      lines.back() = longer;
      continue;
    }
    while (letters.width(word, size, weight) > width) {
      const std::size_t part = break_in(word, size, weight, width);
      if (part == word.size()) break;  // a single character
      lines.push_back(word.substr(0, part));
      word.erase(0, part);
    }
    lines.push_back(word);
  }
  return lines;
}

std::optional<FigureLayout> possible_layout(const FigureContent& content, double aspect, const ExportStyle& style) {
  try {
    return attempt(content, aspect, style);
  } catch (const NoRoom&) {
    return std::nullopt;
  }
}

FigureLayout layout_of(const FigureContent& content, double aspect, const ExportStyle& style) {
  try {
    return attempt(content, aspect, style);
  } catch (const NoRoom& why) {
    const auto fits = [&](const ExportStyle& wider) { return possible_layout(content, aspect, wider).has_value(); };
    const auto least = wider_that_fits(style, fits);
    throw vit::Error(fmt::format(
        "{} {}; choose {}.", width_text(style.width), why.words,
        least ? fmt::format("at least {}{}", width_text(*least), content.columns > 1 ? ", or fewer columns" : "")
              : "fewer heads or blocks"));
  }
}

}  // namespace headlight
