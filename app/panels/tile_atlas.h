// The pictures of many heat maps side by side in one texture, each drawn once until one of its inputs changes.
#pragma once

#include <imgui.h>

#include <cstdint>
#include <span>
#include <vector>

#include "app/gl/canvas.h"
#include "app/gl/heatmap_painter.h"
#include "engine/image/image.h"
#include "engine/maps/map_set.h"

namespace headlight {

/// What all pictures of an atlas depend on, their ranges apart.
struct TileInputs {
  std::uint64_t maps = 0;  // the set's serial number: a set's address may be used again
  std::uint64_t photo = 0;
  vit::Look look;
  int width = 0, height = 0;  // px of a tile
  bool operator==(const TileInputs&) const = default;
};

/// The photo behind the maps.
struct TilePhoto {
  vit::Box box;  // the network's part of it
  double width = 0, height = 0;
};

class TileAtlas {
 public:
  /// Makes room for `count` tiles, or as many as a texture holds: then tiles far apart in the list share a slot.
  void prepare(const TileInputs& inputs, int count);
  /// Draws what is missing among the maps `indices` of the set, which the painter holds.
  void paint(gl::HeatmapPainter& painter, const TilePhoto& photo, const vit::MapSet& set, std::span<const int> indices);
  /// Puts a painted map into the window.
  void show(ImDrawList& list, int index, ImVec2 from, ImVec2 to) const;

  /// The pixels of a painted map's tile; waits for the graphics: for tests.
  vit::Image read_tile(int index) const;

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
