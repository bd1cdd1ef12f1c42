#include "app/panels/tile_atlas.h"

#include <algorithm>
#include <cmath>

#include "app/ui/texture_id.h"

namespace headlight {

namespace {

constexpr int kAtlasPx = 4096;  // of a side at most: 64 MB

}  // namespace

void TileAtlas::prepare(const TileInputs& inputs, int count) {
  if (inputs == inputs_) return;
  inputs_ = inputs;
  inputs_.width = std::clamp(inputs.width, 1, kAtlasPx);
  inputs_.height = std::clamp(inputs.height, 1, kAtlasPx);
  const int most_columns = kAtlasPx / inputs_.width, most_rows = kAtlasPx / inputs_.height;
  columns_ = std::min(most_columns, std::max(1, static_cast<int>(std::ceil(std::sqrt(count)))));
  const int rows = std::clamp((count + columns_ - 1) / columns_, 1, most_rows);
  canvas_.resize(columns_ * inputs_.width, rows * inputs_.height);
  owner_.assign(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows), -1);
}

void TileAtlas::paint(gl::HeatmapPainter& painter, const TilePhoto& photo, const vit::MapSet& set,
                      std::span<const int> indices) {
  bool begun = false;
  for (const int index : indices) {
    const int slot = slot_of(index);
    if (owner_[static_cast<std::size_t>(slot)] == index) continue;
    owner_[static_cast<std::size_t>(slot)] = index;
    if (!begun) painter.begin(canvas_);
    begun = true;
    painter.draw({.x = x_of(slot),
                  .y = y_of(slot),
                  .width = inputs_.width,
                  .height = inputs_.height,
                  .photo_x = photo.box.x,
                  .photo_y = photo.box.y,
                  .scale = inputs_.width / photo.box.width,
                  .scale_y = inputs_.height / photo.box.height},
                 {.map = index,
                  .look = inputs_.look,
                  .range = set.range(index, inputs_.look),
                  .paint = set.paint_of(index),
                  .box = photo.box,
                  .photo_width = photo.width,
                  .photo_height = photo.height});
  }
  if (begun) painter.end();
}

vit::Image TileAtlas::read_tile(int index) const {
  const int slot = slot_of(index);
  return canvas_.read(x_of(slot), y_of(slot), inputs_.width, inputs_.height);
}

void TileAtlas::show(ImDrawList& list, int index, ImVec2 from, ImVec2 to) const {
  const int slot = slot_of(index);
  const float w = static_cast<float>(canvas_.width()), h = static_cast<float>(canvas_.height());
  const float x = static_cast<float>(x_of(slot)), y = static_cast<float>(y_of(slot));
  list.AddImage(ui::texture_id(canvas_.texture()), from, to, {x / w, y / h},
                {(x + static_cast<float>(inputs_.width)) / w, (y + static_cast<float>(inputs_.height)) / h});
}

}  // namespace headlight
