#include "app/panels/tile_atlas.h"

#include <algorithm>
#include <cmath>

#include "app/ui/texture_id.h"

namespace headlight {

namespace {

constexpr int kAtlasPx = 4096;  // of a side at most: 64 MB

}  // namespace

TileInputs tile_inputs(const Session& session) {
  const View& view = session.view;
  return {.photo = session.photo_version(),
          .stage = view.stage,
          .colormap = view.colormap,
          .rule = view.range_rule,
          .fixed = view.fixed_range,
          .smooth = view.smooth,
          .opacity = view.opacity};
}

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

void TileAtlas::paint(gl::HeatmapPainter& painter, const Session& session, std::span<const int> indices,
                      const std::function<vit::Range(int)>& range) {
  const vit::Box& box = inputs_.trace->pixels->box;
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
                  .photo_x = box.x,
                  .photo_y = box.y,
                  .scale = inputs_.width / box.width,
                  .scale_y = inputs_.height / box.height},
                 {.map = index,
                  .look = {range(index), inputs_.smooth, inputs_.opacity},
                  .box = box,
                  .photo_width = static_cast<double>(session.photo()->width),
                  .photo_height = static_cast<double>(session.photo()->height)});
  }
  if (begun) painter.end();
}

void TileAtlas::show(ImDrawList& list, int index, ImVec2 from, ImVec2 to) const {
  const int slot = slot_of(index);
  const float w = static_cast<float>(canvas_.width()), h = static_cast<float>(canvas_.height());
  const float x = static_cast<float>(x_of(slot)), y = static_cast<float>(y_of(slot));
  list.AddImage(ui::texture_id(canvas_.texture()), from, to, {x / w, y / h},
                {(x + static_cast<float>(inputs_.width)) / w, (y + static_cast<float>(inputs_.height)) / h});
}

}  // namespace headlight
