#include "app/export/head_numbers_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "engine/maps/heatmap.h"

namespace headlight {
namespace {

constexpr int kColumns = 3;                                       // of small maps
constexpr double kPointsAMm = 72 / 25.4;                          // the figure's unit is a point
constexpr double kText = 8, kGap = 14, kAbove = 14, kBelow = 13;  // points

/// One number of all heads: (blocks, heads), NaN where there is none.
struct Numbers {
  std::string title;
  vit::PatchMap map;
  vit::Range range;
  bool known = false;  // there is one at least
};

std::vector<Numbers> numbers_of(const std::vector<PickedMaps>& answers) {
  const auto& columns = answers.front().set->table->columns;
  int blocks = 0, heads = 0;
  for (const PickedMaps& answer : answers)
    for (const vit::MapLabel& label : answer.set->labels) {
      blocks = std::max(blocks, label.block + 1);
      heads = std::max(heads, label.head + 1);
    }
  std::vector<Numbers> all;
  for (std::size_t column = 0; column < columns.size(); ++column) {
    Numbers one{.title = columns[column].title, .map = {.rows = blocks, .cols = heads, .values = {}}, .range = {}};
    one.map.values.assign(static_cast<std::size_t>(blocks) * static_cast<std::size_t>(heads),
                          std::numeric_limits<float>::quiet_NaN());
    for (const PickedMaps& answer : answers)
      for (std::size_t map = 0; map < answer.set->labels.size(); ++map) {
        const vit::MapLabel& label = answer.set->labels[map];
        if (label.head < 0 || label.block < 0) continue;
        const float value = answer.set->table->at(static_cast<int>(map), static_cast<int>(column));
        one.map.values[static_cast<std::size_t>(label.block) * static_cast<std::size_t>(heads) +
                       static_cast<std::size_t>(label.head)] = value;
        if (std::isnan(value)) continue;
        one.range = one.known ? vit::Range{std::min(one.range.low, value), std::max(one.range.high, value)}
                              : vit::Range{value, value};
        one.known = true;
      }
    if (one.known) all.push_back(std::move(one));
  }
  return all;
}

vit::Image picture_of(const Numbers& numbers, const vit::Look& look, int width, int height) {
  vit::PatchMap map = numbers.map;
  for (float& value : map.values)
    if (std::isnan(value)) value = numbers.range.low;
  vit::Image picture = vit::render(map, look, numbers.range, width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const auto row = static_cast<std::size_t>(y * map.rows / height);
      const auto col = static_cast<std::size_t>(x * map.cols / width);
      if (!std::isnan(numbers.map.values[row * static_cast<std::size_t>(map.cols) + col])) continue;
      const std::size_t at =
          3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x));
      std::fill_n(picture.rgb.begin() + static_cast<std::ptrdiff_t>(at), 3, std::uint8_t{255});
    }
  return picture;
}

}  // namespace

Drawing head_numbers_drawing(const std::vector<PickedMaps>& answers, const ExportStyle& style) {
  std::vector<Numbers> all = numbers_of(answers);
  Drawing drawing;
  drawing.width = style.width.unit == FigureWidth::Unit::mm ? style.width.amount * kPointsAMm : 510;
  drawing.points = 1;
  drawing.has_size = true;
  drawing.pixels = drawing.fine_pixels = style.width.dpi / 72;
  drawing.ground = Color{255, 255, 255};
  const double tile = (drawing.width - kGap * (kColumns - 1)) / kColumns;
  const double high = all.empty() ? 0 : std::clamp(tile * all.front().map.rows / all.front().map.cols, tile / 3, tile);
  const int rows = (static_cast<int>(all.size()) + kColumns - 1) / kColumns;
  drawing.height = rows * (kAbove + high + kBelow) + std::max(0, rows - 1) * kGap;
  vit::Look look = style.look;
  look.smooth = false;
  drawing.draw = [all = std::move(all), look, tile, high](Paper& paper) {
    constexpr Color kInk = {24, 26, 32}, kFaint = {90, 94, 104};
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Numbers& numbers = all[i];
      const double x = static_cast<double>(i % kColumns) * (tile + kGap);
      const std::size_t row = i / kColumns;
      const double y = static_cast<double>(row) * (kAbove + high + kBelow + kGap);
      paper.text(x, y + kText, numbers.title, {.size = kText, .color = kInk, .weight = Weight::strong});
      paper.picture(paper.snapped({x, y + kAbove, tile, high}), numbers.map.cols, numbers.map.rows,
                    [&](int width, int height) { return picture_of(numbers, look, width, height); });
      const double below = y + kAbove + high + kText + 2;
      paper.text(x, below, fmt::format("{:.3g}", numbers.range.low), {.size = 0.9 * kText, .color = kFaint});
      paper.text(x + tile, below, fmt::format("{:.3g}", numbers.range.high),
                 {.size = 0.9 * kText, .color = kFaint, .align = Align::right});
    }
  };
  return drawing;
}

}  // namespace headlight
