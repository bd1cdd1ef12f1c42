// A captioned figure as a paper would print it: a grid of maps under a title, above the colour scale.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "app/export/export.h"

namespace headlight {

struct FigureCell {
  enum class Shows : std::uint8_t { nothing, input, map } shows = Shows::nothing;
  vit::PatchMap map = {};
  vit::Range range = {};
  std::optional<vit::Window> window = {};  // with a frame around all of it
  std::vector<int> marked = {};            // patches with a frame
  bool is_mask = false;                    // over a photo: half transparent, with an outline
  std::string caption = {}, remark = {};   // above the tile: left, and right if there is room
  std::string brief = {};                  // the caption where there is little room; empty: its last word
  std::string heading = {};                // above the captions, over this tile and those of its group that follow
  std::string short_caption() const;
};

/// The tokens before the patches in a matrix: ruled off, and named where one matrix stands alone.
struct FigureBands {
  int prefix = 0, tokens = 0;  // prefix 0: none
  std::string first = {}, above = {},
              queries = {};  // "cls … r3" and what else stands above; "cls" and "queries" beside
};

struct FigureContent {
  std::string title, subtitle;
  FigureBands bands = {};  // of every map
  int columns = 1;
  int group = 0;                        // columns of one group, where several stand side by side; 0: no groups
  std::vector<FigureCell> cells;        // row by row
  std::vector<std::string> row_labels;  // left of the rows; empty: none
  bool has_scale = true;                // false: `unit` is a sentence that stands in its place
  std::string low, high;                // ends of the colour scale
  std::string unit;                     // of the scale's numbers
  std::optional<double> even_share;     // where 1/N stands on the scale, 0 … 1
  bool about_zero = false;              // the scale has the colours of differences
  bool marks_query = true;              // the query's patch is one of those that are drawn
};

/// Three significant digits, never in exponent form of a program: "0.0123", "8.88·10⁻⁵"; what is next to nothing beside
/// `largest` is said to be so.
std::string figure_number(float value, float largest);

/// Width over height of a map that lies on this photo.
double tile_aspect(const vit::Trace& trace, const vit::Image* photo, const ExportRequest& request);

/// Where no typeface is installed the figure goes without words. Cells that show the input need the trace's resized
/// pixels. Throws vit::Error where the width leaves maps or words no room; drawing throws vit::Cancelled after a stop
/// request.
Drawing figure_drawing(FigureContent content, const ExportSource& source, const ExportRequest& request,
                       const std::stop_token& stop = {});

}  // namespace headlight
