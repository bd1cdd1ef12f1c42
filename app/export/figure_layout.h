// Where everything of a figure stands, in its units: points of 1/72 inch where its width is in mm, else pixels.
#pragma once

#include <string>
#include <vector>

#include "app/export/figure.h"

namespace headlight {

struct FigureLayout {
  double width = 0, height = 0;
  double pixels = 1, fine_pixels = 1, points = 0.75;  // a unit, see Drawing
  double text = 0;                                    // size of the letters' em
  double margin = 0, gap = 0;                         // around all, and between tiles
  double tile_width = 0, tile_height = 0;
  double labels = 0;                                // width of the row labels
  std::vector<std::string> title, subtitle;         // as lines
  std::vector<double> row_y;                        // top of each row's captions
  std::vector<double> caption_height;               // of each row; 0 without captions
  bool short_captions = false;                      // the last words alone: "11" for "head 11"
  double bar_y = 0, bar_width = 0, bar_height = 0;  // of the colour scale; height 0: none
  std::vector<std::string> legend;                  // lines in place of the scale
  bool unit_beside = false;                         // the scale's unit stands beside it, else below

  double line() const { return 1.3 * text; }
  double tile_x(int column) const { return margin + labels + column * (tile_width + gap); }
  double tile_y(int row) const {
    return row_y[static_cast<std::size_t>(row)] + caption_height[static_cast<std::size_t>(row)];
  }
};

/// `aspect`: width over height of a tile. The style's bar and caption must be decided. Throws vit::Error where the
/// width leaves no room for the maps.
FigureLayout layout_of(const FigureContent& content, double aspect, const ExportStyle& style);

/// Lines of at most `width`, broken between words; a longer word is cut.
std::vector<std::string> wrapped_lines(const std::string& text, double size, Weight weight, double width);

/// "11" for "head 11".
std::string last_word(const std::string& caption);

}  // namespace headlight
