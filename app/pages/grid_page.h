// The Grid tab: every head of every block for the query in one grid, which is also the selector, beside the chosen one.
#pragma once

#include <imgui.h>

#include <optional>
#include <vector>

#include "app/pages/page.h"
#include "app/panels/map_frame.h"
#include "app/panels/tile_atlas.h"

namespace headlight {

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
/// The largest tiles with which all blocks fit, or somewhat smaller ones if each block then takes one line; if none
/// above the smallest fit, the grid scrolls.
GridPlan plan_grid(const GridInput& input);

class GridPage : public Page {
 public:
  explicit GridPage(const vit::Analysis& analysis) : analysis_(&analysis) {}
  std::optional<vit::Question> question(const Bench& bench) const override;
  void draw(Bench& bench, const Area& area) override;

 private:
  void tile(Bench& bench, int index, ImVec2 at);
  void draw_navigator(Bench& bench, ImVec2 from, ImVec2 size);
  static void draw_head_numbers(const Bench& bench, const GridPlan& plan, ImVec2 at, float step);
  void draw_strips(Bench& bench, const GridPlan& plan, const GridInput& in, ImVec2 from, ImVec2 size);

  const vit::Analysis* analysis_;
  MapFrame frame_;
  TileAtlas atlas_;
};

}  // namespace headlight
