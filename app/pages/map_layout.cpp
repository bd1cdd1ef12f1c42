#include "app/pages/map_layout.h"

#include <algorithm>
#include <cmath>

#include "app/panels/tile_grid.h"

namespace headlight {

namespace {

/// What stands between photo and tiles where these lie below it.
enum class Row {
  all,          // bar, prefix bars and sentence side by side
  words_below,  // the sentence in a row of its own
  words_alone,  // neither bar nor prefix bars
};

double shown_area(ImVec2 room, float aspect) {
  const float width = std::max(0.f, std::min(room.x, room.y * aspect));
  return static_cast<double>(width) * width / aspect;
}

MapLayout below_photo(const MapLayoutInput& in, float gap, float share, Row row) {
  MapLayout l;
  const bool stacked = row == Row::words_below;
  const float first = row == Row::words_alone ? in.words_px : in.bar_px, second = stacked ? in.words_px + gap : 0;
  const float photo_height = std::floor((in.size.y - first - second - 2 * gap) * share);
  const float y = in.from.y + photo_height + gap;
  l.photo_from = in.from;
  l.photo_size = {in.size.x, photo_height};
  l.bar_from = l.prefix_from = {in.from.x, y};
  l.words_from = {in.from.x, y};
  l.words_size = {in.size.x, first};
  if (row != Row::words_alone) {
    const float prefix = in.prefix_px > 0 ? std::min(in.prefix_px, std::floor(in.size.x * 0.31f)) + 2 * gap : 0;
    const float rest = in.size.x - prefix;
    const float most = std::max(std::min(in.least_bar_px, rest), rest - in.least_words_px - 2 * gap);
    l.bar_size = {stacked ? rest : std::min(most, std::floor(rest * (prefix > 0 ? 0.36f : 0.46f))), in.bar_px};
    l.prefix_from.x += l.bar_size.x + 2 * gap;
    l.prefix_size = {std::max(0.f, prefix - 2 * gap), in.bar_px};
    if (stacked) {
      l.words_from = {in.from.x, y + in.bar_px + gap};
      l.words_size.y = in.words_px;
    } else {
      l.words_from.x = in.from.x + l.bar_size.x + prefix + 2 * gap;
      l.words_size.x = rest - l.bar_size.x - 2 * gap;
    }
  }
  l.tiles_from = {in.from.x, y + first + second + gap};
  l.tiles_size = {in.size.x, in.from.y + in.size.y - l.tiles_from.y};
  return l;
}

MapLayout beside_photo(const MapLayoutInput& in, float gap, float share) {
  MapLayout l;
  l.side_by_side = true;
  const float photo_width = std::floor((in.size.x - gap) * share);
  l.photo_from = in.from;
  const float most = in.size.y - in.bar_px - in.words_px - 2 * gap;
  l.photo_size = {photo_width, std::min(most, std::floor(photo_width / in.photo_aspect))};
  const float spare = most - l.photo_size.y;  // the histogram can use some of it
  l.bar_from = {in.from.x, in.from.y + l.photo_size.y + gap};
  const float prefix = in.prefix_px > 0 ? std::min(in.prefix_px, std::floor(photo_width * 0.6f)) + 2 * gap : 0;
  l.bar_size = {photo_width - prefix, in.bar_px + std::min(spare, in.bar_px)};
  l.prefix_from = {l.bar_from.x + l.bar_size.x + 2 * gap, l.bar_from.y};
  l.prefix_size = {std::max(0.f, prefix - 2 * gap), l.bar_size.y};
  l.words_from = {in.from.x, l.bar_from.y + l.bar_size.y + gap};
  l.words_size = {photo_width, in.words_px};
  l.tiles_from = {in.from.x + photo_width + gap, in.from.y};
  l.tiles_size = {in.size.x - photo_width - gap, in.size.y};
  return l;
}

/// What an arrangement is worth beside one that shows everything at a good width.
double legibility(const MapLayoutInput& in, const MapLayout& l) {
  double worth = 1;
  if (l.words_size.x < in.least_words_px) worth *= 0.1;
  if (l.bar_size.x <= 0)
    worth *= 0.2;
  else if (l.bar_size.x < in.least_bar_px)
    worth *= 0.1;
  return worth;
}

}  // namespace

MapLayout lay_out_maps(const MapLayoutInput& in) {
  const float gap = in.gap_px * 1.5f;
  MapLayout best;
  double best_score = -1;
  const auto consider = [&](const MapLayout& layout) {
    const TilePlan plan =
        plan_tiles(layout.tiles_size, in.tiles, in.tile_aspect, in.caption_px, in.gap_px, in.smallest_tile_px);
    const float step = static_cast<float>(plan.height) + in.caption_px + in.gap_px;
    const int rows =
        std::min((in.tiles + plan.columns - 1) / plan.columns, static_cast<int>(layout.tiles_size.y / step) + 1);
    const double tiles = static_cast<double>(std::min(in.tiles, rows * plan.columns)) * plan.width * plan.height;
    // Twice the area of one is not worth half of the other: products, not sums.
    const double score = shown_area(layout.photo_size, in.photo_aspect) * std::pow(std::max(tiles, 1.0), 0.8) *
                         (plan.scrolls ? 0.5 : 1.0) * legibility(in, layout);
    if (score <= best_score) return;
    best_score = score;
    best = layout;
    if (plan.scrolls || layout.side_by_side) return;
    // What the tiles below do not need, the histogram can use.
    const float needed = static_cast<float>((in.tiles + plan.columns - 1) / plan.columns) * step - in.gap_px;
    const float spare = std::clamp(layout.tiles_size.y - needed - 2, 0.f, in.bar_px * 0.7f);
    if (best.bar_size.x > 0) {
      best.bar_size.y += spare;
      best.prefix_size.y += spare;
    }
    if (best.words_from.y > best.bar_from.y)
      best.words_from.y += spare;
    else
      best.words_size.y += spare;
    best.tiles_from.y += spare;
    best.tiles_size.y -= spare;
  };
  for (int percent = 34; percent <= 84; percent += 2) {
    const float share = static_cast<float>(percent) / 100;
    for (const Row row : {Row::all, Row::words_below, Row::words_alone}) consider(below_photo(in, gap, share, row));
    consider(beside_photo(in, gap, share));
  }
  return best;
}

}  // namespace headlight
