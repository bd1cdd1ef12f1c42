// What the figures of a request show: one map, the maps of one answer, or a row for each block.
#pragma once

#include <vector>

#include "app/export/export.h"
#include "app/export/figure.h"

namespace headlight {

/// Title and subtitle alone: of a figure in place of the maps.
FigureContent caption_content(const ExportSource& source, const ExportRequest& request, const vit::MapSet& set);

/// One map with its scale.
FigureContent map_content(const ExportSource& source, const ExportRequest& request, const vit::MapSet& set, int index);

/// The pixels that the network saw (beside maps without a photo), and a tile for each map. `columns`: tiles in a row;
/// 0: as suits them.
FigureContent overview_content(const ExportSource& source, const ExportRequest& request, const PickedMaps& maps,
                               int columns);

/// A row for each block, a column for each map; with as many columns for each of several blocks, these stand side by
/// side, and with fewer a block takes several rows. 0: as many as a block has maps.
FigureContent grid_content(const ExportSource& source, const ExportRequest& request,
                           const std::vector<PickedMaps>& answers, int columns);

/// Whichever of them suits what is picked. On paper, where the style leaves the columns open, as few of them as keep
/// the figure as low as the text on a sheet of A4 is high.
FigureContent content_of(const ExportSource& source, const ExportRequest& request,
                         const std::vector<PickedMaps>& answers);

/// How a figure's range is put in one word for its text chunk: "0,0.05", or that there are several.
std::string range_words(const ExportRequest& request, const std::vector<PickedMaps>& answers);

}  // namespace headlight
