// Where everything of a figure stands, in its units: points of 1/72 inch where its width is in mm, else pixels.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/export/figure.h"

namespace headlight {

struct FigureLayout {
  double width = 0, height = 0;
  double pixels = 1, fine_pixels = 1, points = 0.75;  // a unit, see Drawing
  double text = 0;                                    // size of the letters' em
  double margin = 0, gap = 0;                         // around all, and between tiles
  int group = 0;                                      // columns of one group, 0: there are none
  double group_gap = 0;                               // between groups, besides the tiles' gap
  double tile_width = 0, tile_height = 0;
  double labels = 0;                                // width of the row labels
  std::vector<std::string> title, subtitle;         // as lines
  std::vector<double> row_y;                        // top of each row's headings and captions
  std::vector<double> heading_height;               // of each row; 0 without headings
  std::vector<double> caption_height;               // of each row; 0 without captions
  bool short_captions = false;                      // the last words alone: "11" for "head 11"
  double bar_y = 0, bar_width = 0, bar_height = 0;  // of the colour scale; height 0: none
  std::vector<std::string> legend;                  // lines in place of the scale
  std::vector<std::string> unit;                    // of the scale, as lines below it; none: it stands beside it

  double line() const { return 1.3 * text; }
  double tile_x(int column) const {
    const int groups = group > 0 ? column / group : 0;  // before it
    return margin + labels + column * (tile_width + gap) + groups * group_gap;
  }
  double tile_y(int row) const {
    const auto at = static_cast<std::size_t>(row);
    return row_y[at] + heading_height[at] + caption_height[at];
  }
};

/// `aspect`: width over height of a tile. The style's bar and caption must be decided. Throws vit::Error that names the
/// least possible width where this one leaves maps or words no room.
FigureLayout layout_of(const FigureContent& content, double aspect, const ExportStyle& style);
/// None in its place.
std::optional<FigureLayout> possible_layout(const FigureContent& content, double aspect, const ExportStyle& style);

/// The text, or as much of it as fits, with "…" behind it.
std::string cut_line(const std::string& text, double size, Weight weight, double width);

/// Lines of at most `width`, broken between words; a longer word goes on in the next line.
std::vector<std::string> wrapped_lines(const std::string& text, double size, Weight weight, double width);

/// "11" for "head 11".
std::string last_word(const std::string& caption);

}  // namespace headlight
