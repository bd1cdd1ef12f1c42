// A tile for the mean, the maximum and every head of a block; thousands of them stay usable.
#pragma once

#include <imgui.h>

#include "app/analysis/head_maps.h"
#include "app/panels/photo_view.h"
#include "app/panels/tile_atlas.h"
#include "app/session/view.h"

namespace headlight {

struct Bench;

/// How many tiles of which size fill an area.
struct TilePlan {
  int columns = 1;
  int width = 0, height = 0;  // px of a tile's picture
  bool scrolls = false;
};
/// The largest tiles with which all `count` fit into `area`, but none smaller than `smallest_px` wide: then the list
/// scrolls. `aspect` is width over height, `caption_px` the line under a picture, `gap_px` lies between tiles.
TilePlan plan_tiles(ImVec2 area, int count, float aspect, float caption_px, float gap_px, float smallest_px);

class TileGrid {
 public:
  void draw(Bench& bench, ImVec2 from, ImVec2 size);
  /// Scrolls so that the chosen head is seen, at the next frame.
  void reveal() { reveal_ = true; }

 private:
  void prepare(const Bench& bench, const TilePlan& plan);
  void paint(Bench& bench, int first, int last);
  void tile(Bench& bench, int index, ImVec2 at, float caption_px);

  TileAtlas atlas_;
  bool reveal_ = false;
};

}  // namespace headlight
