// Numbers of every head as a figure: for each number a small map with a row a block and a column a head.
#pragma once

#include <vector>

#include "app/export/export_maps.h"
#include "app/export/export_style.h"
#include "app/export/paper.h"

namespace headlight {

/// `answers`: of an analysis with a table, one for each block, or one for all of them; only maps of heads count. The
/// style's width is the figure's, and its colour map that of the numbers, each from its smallest to its largest.
Drawing head_numbers_drawing(const std::vector<PickedMaps>& answers, const ExportStyle& style);

}  // namespace headlight
