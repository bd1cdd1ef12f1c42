// All maps of one answer, or of several blocks, in one captioned figure.
#pragma once

#include <vector>

#include "app/export/export.h"

namespace headlight {

/// Title, the pixels that the network saw (beside maps without a photo), a tile for each map, and the colour scale.
vit::Image overview_picture(const ExportSource& source, const ExportRequest& request, const PickedMaps& maps,
                            const std::stop_token& stop = {});

/// A row for each block, a column for each map. "Shared" here is one range for all of them.
vit::Image grid_picture(const ExportSource& source, const ExportRequest& request,
                        const std::vector<PickedMaps>& answers, const std::stop_token& stop = {});

}  // namespace headlight
