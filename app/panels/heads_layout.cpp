#include "app/panels/heads_layout.h"

#include <algorithm>
#include <cmath>

#include "app/panels/tile_grid.h"

namespace headlight {

namespace {

double shown_area(ImVec2 room, float aspect) {
  const float width = std::min(room.x, room.y * aspect);
  return static_cast<double>(width) * width / aspect;
}

}  // namespace

HeadsLayout lay_out_heads(const HeadsLayoutInput& in) {
  const float gap = in.gap_px * 1.5f;
  HeadsLayout best;
  double best_score = -1;
  const auto consider = [&](const HeadsLayout& layout) {
    const TilePlan plan =
        plan_tiles(layout.tiles_size, in.tiles, in.tile_aspect, in.caption_px, in.gap_px, in.smallest_tile_px);
    const float step = static_cast<float>(plan.height) + in.caption_px + in.gap_px;
    const int rows =
        std::min((in.tiles + plan.columns - 1) / plan.columns, static_cast<int>(layout.tiles_size.y / step) + 1);
    const double tiles = static_cast<double>(std::min(in.tiles, rows * plan.columns)) * plan.width * plan.height;
    // Twice the area of one is not worth half of the other: products, not sums.
    const double score = shown_area(layout.photo_size, in.photo_aspect) * std::pow(std::max(tiles, 1.0), 0.8) *
                         (plan.scrolls ? 0.5 : 1.0);
    if (score <= best_score) return;
    best_score = score;
    best = layout;
    if (plan.scrolls || layout.side_by_side) return;
    // What the tiles below do not need, the histogram can use.
    const float needed = static_cast<float>((in.tiles + plan.columns - 1) / plan.columns) * step - in.gap_px;
    const float spare = std::clamp(layout.tiles_size.y - needed - 2, 0.f, in.bar_px * 0.7f);
    best.bar_size.y += spare;
    best.prefix_size.y += spare;
    best.words_size.y += spare;
    best.tiles_from.y += spare;
    best.tiles_size.y -= spare;
  };
  for (int percent = 34; percent <= 84; percent += 2) {
    const float share = static_cast<float>(percent) / 100;
    HeadsLayout below;  // photo, then bar and sentence side by side, then tiles
    const float photo_height = std::floor((in.size.y - in.bar_px - 2 * gap) * share);
    below.photo_from = in.from;
    below.photo_size = {in.size.x, photo_height};
    below.bar_from = {in.from.x, in.from.y + photo_height + gap};
    const float prefix = in.prefix_px > 0 ? std::min(in.prefix_px, std::floor(in.size.x * 0.31f)) + 2 * gap : 0;
    below.bar_size = {std::floor((in.size.x - prefix) * (prefix > 0 ? 0.36f : 0.46f)), in.bar_px};
    below.prefix_from = {below.bar_from.x + below.bar_size.x + 2 * gap, below.bar_from.y};
    below.prefix_size = {std::max(0.f, prefix - 2 * gap), in.bar_px};
    below.words_from = {below.bar_from.x + below.bar_size.x + prefix + 2 * gap, below.bar_from.y};
    below.words_size = {in.size.x - below.bar_size.x - prefix - 2 * gap, in.bar_px};
    below.tiles_from = {in.from.x, below.bar_from.y + in.bar_px + gap};
    below.tiles_size = {in.size.x, in.from.y + in.size.y - below.tiles_from.y};
    consider(below);

    HeadsLayout beside;
    beside.side_by_side = true;
    const float photo_width = std::floor((in.size.x - gap) * share);
    beside.photo_from = in.from;
    const float most = in.size.y - in.bar_px - in.words_px - 2 * gap;
    beside.photo_size = {photo_width, std::min(most, std::floor(photo_width / in.photo_aspect))};
    const float spare = most - beside.photo_size.y;  // the histogram can use some of it
    beside.bar_from = {in.from.x, in.from.y + beside.photo_size.y + gap};
    const float prefix_beside = in.prefix_px > 0 ? std::min(in.prefix_px, std::floor(photo_width * 0.6f)) + 2 * gap : 0;
    beside.bar_size = {photo_width - prefix_beside, in.bar_px + std::min(spare, in.bar_px)};
    beside.prefix_from = {beside.bar_from.x + beside.bar_size.x + 2 * gap, beside.bar_from.y};
    beside.prefix_size = {std::max(0.f, prefix_beside - 2 * gap), beside.bar_size.y};
    beside.words_from = {in.from.x, beside.bar_from.y + beside.bar_size.y + gap};
    beside.words_size = {photo_width, in.words_px};
    beside.tiles_from = {in.from.x + photo_width + gap, in.from.y};
    beside.tiles_size = {in.size.x - photo_width - gap, in.size.y};
    consider(beside);
  }
  return best;
}

}  // namespace headlight
