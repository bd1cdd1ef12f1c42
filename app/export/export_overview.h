// What the figures of a request show: one map, the maps of one answer, or a row for each block.
#pragma once

#include <vector>

#include "app/export/export.h"
#include "app/export/figure.h"

namespace headlight {

/// One map with its scale.
FigureContent map_content(const ExportSource& source, const ExportRequest& request, const vit::MapSet& set, int index);

/// The pixels that the network saw (beside maps without a photo), and a tile for each map.
FigureContent overview_content(const ExportSource& source, const ExportRequest& request, const PickedMaps& maps);

/// A row for each block, a column for each map.
FigureContent grid_content(const ExportSource& source, const ExportRequest& request,
                           const std::vector<PickedMaps>& answers);

/// Whichever of them suits what is picked.
FigureContent content_of(const ExportSource& source, const ExportRequest& request,
                         const std::vector<PickedMaps>& answers);

/// How a figure's range is put in one word for its text chunk: "0,0.05", or that there are several.
std::string range_words(const ExportRequest& request, const std::vector<PickedMaps>& answers);

}  // namespace headlight
