// All maps of a block in one captioned figure, as a paper would print it.
#pragma once

#include "app/export.h"

namespace headlight {

/// Title, the pixels that the network saw, a tile for each map, and the colour scale with its range. Where no typeface
/// is installed the figure goes without words.
vit::Image overview_picture(const ExportSource& source, const ExportRequest& request, const BlockMaps& maps);

}  // namespace headlight
