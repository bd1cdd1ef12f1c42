// The pictures of many heat maps side by side in one texture, each drawn once until one of its inputs changes.
#pragma once

#include <imgui.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "app/gl/canvas.h"
#include "app/gl/heatmap_painter.h"
#include "app/session/session.h"

namespace headlight {

/// What all pictures of an atlas depend on, their ranges apart.
struct TileInputs {
  const vit::Trace* trace = nullptr;
  std::uint64_t photo = 0;
  int block = -1;  // -1: of all blocks
  int query = 0;
  vit::Stage stage{};
  vit::Colormap colormap{};
  vit::RangeRule rule{};
  vit::Range fixed;
  bool smooth = false;
  float opacity = 1;
  int width = 0, height = 0;  // px of a tile
  bool operator==(const TileInputs&) const = default;
};
/// Everything that the view says; the trace, the block, the query and the size are the caller's.
TileInputs tile_inputs(const Session& session);

class TileAtlas {
 public:
  /// Makes room for `count` tiles, or as many as a texture holds: then tiles far apart in the list share a slot.
  void prepare(const TileInputs& inputs, int count);
  /// The maps themselves are others: every picture is drawn again when it is next seen.
  void forget() { std::fill(owner_.begin(), owner_.end(), -1); }
  /// Draws what is missing among the maps `indices` of the painter; `range` gives a map's own.
  void paint(gl::HeatmapPainter& painter, const Session& session, std::span<const int> indices,
             const std::function<vit::Range(int)>& range);
  /// Puts a painted map into the window.
  void show(ImDrawList& list, int index, ImVec2 from, ImVec2 to) const;

  int width() const { return inputs_.width; }
  int height() const { return inputs_.height; }

 private:
  int slot_of(int index) const { return index % static_cast<int>(owner_.size()); }
  int x_of(int slot) const { return slot % columns_ * inputs_.width; }
  int y_of(int slot) const { return slot / columns_ * inputs_.height; }

  gl::Canvas canvas_;
  TileInputs inputs_;
  std::vector<int> owner_;  // of each slot: the map whose picture it holds, or -1
  int columns_ = 1;
};

}  // namespace headlight
