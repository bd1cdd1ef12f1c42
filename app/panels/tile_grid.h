// A tile for every map of the shown set: for a block the mean, the maximum and its heads. Thousands stay usable.
#pragma once

#include <imgui.h>

#include <cstdint>
#include <tuple>

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

/// What a click on map `index` of a set chooses: its block and head, or the parameter that means it.
void choose(View& view, const vit::MapSet& set, int index);

/// The photo behind the shown maps.
TilePhoto tile_photo(const Bench& bench);

class TileGrid {
 public:
  /// A click on a tile chooses its map; with Alt it asks the patch there.
  void draw(Bench& bench, int chosen, ImVec2 from, ImVec2 size);

 private:
  /// What stands under every tile.
  struct Caption {
    enum class Number : std::uint8_t { none, bare, worded };
    bool whole_title = true;
    Number number = Number::none;
  };
  Caption caption_of(Bench& bench, float width);
  void paint(Bench& bench, const TilePlan& plan, int first, int last);
  void tile(Bench& bench, int index, ImVec2 at, float caption_px);
  void caption(Bench& bench, int index, ImVec2 at, float width, float caption_px);
  /// Scrolls to the chosen tile when another one is chosen.
  void reveal(int row, float step_y, float height, float content);

  TileAtlas atlas_;
  Caption caption_;
  std::tuple<std::uint64_t, int, float> captioned_{};  // the set, width of a tile and size of letters that it is for
  int chosen_ = 0;                                     // in this frame
  int revealed_ = -1;                                  // the one that was last scrolled to
};

}  // namespace headlight
