// A captioned figure as a paper would print it: a grid of maps under a title, above the colour scale.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/export/export.h"

namespace headlight {

struct FigureCell {
  enum class Shows : std::uint8_t { nothing, input, map } shows = Shows::nothing;
  vit::PatchMap map = {};
  vit::Range range = {};
  std::string caption = {}, remark = {};  // above the tile: left, and right if there is room
};

struct FigureContent {
  std::string title, subtitle;
  int columns = 1;
  std::vector<FigureCell> cells;        // row by row
  std::vector<std::string> row_labels;  // left of the rows; empty: none
  std::string low, high;                // ends of the colour scale
};

/// Three significant digits; what is next to nothing beside `largest` is said to be so.
std::string figure_number(float value, float largest);

/// Tiles are `request.style.size_px` large at most, smaller where there are many. Where no typeface is installed the
/// figure goes without words. Cells that show the input need the trace's resized pixels. Throws vit::Cancelled
/// after a stop request.
vit::Image draw_figure(const FigureContent& content, const ExportSource& source, const ExportRequest& request,
                       const std::stop_token& stop = {});

}  // namespace headlight
