// The Layers × heads tab: every head of every block for the current query in one grid, which is also the selector.
#pragma once

#include <imgui.h>

#include <optional>
#include <vector>

#include "app/analysis/grid_maps.h"
#include "app/gl/heatmap_painter.h"
#include "app/panels/tile_atlas.h"

namespace headlight {

struct Bench;

/// Where every tile stands: a strip of lines for each block, its heads wrapped where they do not fit one line.
struct GridPlan {
  int columns = 1;            // tiles a line
  int width = 0, height = 0;  // px of a tile
  bool scrolls = false;
  bool one_line = false;       // every block's heads stand in one line: a column is a head
  std::vector<float> strip_y;  // top of each block's strip, and the end of the last one
};
struct GridInput {
  ImVec2 size;             // px, without the label column
  std::vector<int> heads;  // of every block
  float aspect = 1;        // of a tile, width over height
  float gap_px = 4, strip_gap_px = 6, smallest_px = 24, largest_px = 200;
};
/// The largest tiles with which all blocks fit; if none above the smallest does, the grid scrolls.
GridPlan plan_grid(const GridInput& input);

class GridPage {
 public:
  void draw(Bench& bench, ImVec2 from, ImVec2 size);

 private:
  void prepare(Bench& bench, const GridPlan& plan);
  void tile(Bench& bench, int block, int head, ImVec2 at);
  void read_out(Bench& bench) const;
  void draw_head_numbers(const Bench& bench, const GridPlan& plan, ImVec2 at, float step) const;
  void draw_legend(Bench& bench, ImVec2 from, float width) const;

  GridMaps maps_;
  std::optional<gl::HeatmapPainter> painter_;  // its textures are made when the tab is first seen
  TileAtlas atlas_;
  std::uint64_t photo_version_ = 0;
  struct Pointed {
    int block = 0, head = 0, row = 0, col = 0;
  };
  std::optional<Pointed> pointed_;
};

}  // namespace headlight
