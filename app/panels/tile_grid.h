// A tile for the mean, the maximum and every head of a block; thousands of them stay usable.
#pragma once

#include <imgui.h>

#include <optional>
#include <vector>

#include "app/gl/canvas.h"
#include "app/gl/heatmap_painter.h"
#include "app/head_maps.h"
#include "app/panels/photo_view.h"
#include "app/view.h"

namespace headlight {

struct Workspace;

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
  void draw(Workspace& work, ImVec2 from, ImVec2 size);
  /// Scrolls so that the chosen head is seen, at the next frame.
  void reveal() { reveal_ = true; }

 private:
  struct Drawn {  // the inputs of all pictures in the atlas, ranges apart
    const vit::Trace* trace = nullptr;
    std::uint64_t photo = 0;
    int block = 0, query = 0;
    vit::Stage stage{};
    vit::Colormap colormap{};
    vit::RangeRule rule{};
    vit::Range fixed;
    bool smooth = false;
    float opacity = 1;
    int width = 0, height = 0;
    bool operator==(const Drawn&) const = default;
  };
  struct Cell {
    int slot = 0;
    int x = 0, y = 0;  // px in the atlas
  };
  void prepare(const Workspace& work, const TilePlan& plan);
  Cell cell_of(int index) const;
  void paint(Workspace& work, int first, int last);
  void tile(Workspace& work, int index, ImVec2 at, float caption_px);

  gl::Canvas atlas_;
  Drawn drawn_;
  std::vector<int> owner_;  // of each slot: the tile whose picture it holds, or -1
  int atlas_columns_ = 1;
  bool reveal_ = false;
};

}  // namespace headlight
