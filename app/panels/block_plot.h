// Curves over the blocks: what a page of maps plots beside them.
#pragma once

#include <imgui.h>

#include "engine/maps/map_set.h"

namespace headlight {

struct Bench;

/// Where a block and a value lie in an area of px. Needs no screen.
struct PlotAxes {
  ImVec2 from, to;  // of the area
  int blocks = 1;
  float low = 0, high = 1;
  ImVec2 at(int block, float value) const;
  int block_at(float x) const;  // the nearest one
};

/// Upright axis, blocks below, a curve and a name for each, the marked block. A hint tells every value of the block
/// under the cursor; a click chooses it.
void draw_block_plot(Bench& bench, const vit::BlockCurves& plot, ImVec2 from, ImVec2 size);

}  // namespace headlight
