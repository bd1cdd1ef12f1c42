// Divides a page of maps between photo, colour bar and tiles so that little of the window stays empty.
#pragma once

#include <imgui.h>

namespace headlight {

struct MapLayout {
  bool side_by_side = false;  // tiles at the right of the photo, else below it
  ImVec2 photo_from, photo_size;
  ImVec2 bar_from, bar_size;        // colour bar; no width: there is no room for it
  ImVec2 prefix_from, prefix_size;  // bars of the prefix tokens, beside the colour bar
  ImVec2 words_from, words_size;    // the sentence
  ImVec2 tiles_from, tiles_size;
};

struct MapLayoutInput {
  ImVec2 from, size;       // px of the page
  float photo_aspect = 1;  // width over height
  float tile_aspect = 1;
  int tiles = 1;
  float caption_px = 0, gap_px = 0, smallest_tile_px = 0;
  float bar_px = 0;     // height of the colour bar
  float prefix_px = 0;  // width of the bars of the prefix tokens, 0: there are none
  float words_px = 0;   // height of the sentence where it stands below the bar
  // Widths below which bar and sentence do not stand side by side.
  float least_bar_px = 0, least_words_px = 0;
};

/// Tries all arrangements and several shares, and takes what shows most of photo and tiles.
MapLayout lay_out_maps(const MapLayoutInput& input);

}  // namespace headlight
