// Curves over the blocks as a figure, with axes, names and the marked block, and as a table.
#pragma once

#include <string>

#include "app/export/export_style.h"
#include "app/export/paper.h"
#include "engine/maps/map_set.h"

namespace headlight {

/// Title and subtitle stand above the plot where the style has a caption.
Drawing curves_drawing(const vit::BlockCurves& plot, const std::string& title, const std::string& subtitle,
                       const ExportStyle& style);

/// CSV: a line for each block, a column for each curve.
std::string curves_csv(const vit::BlockCurves& plot);

}  // namespace headlight
