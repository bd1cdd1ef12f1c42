// All maps of a block, or of the whole network, in one captioned figure.
#pragma once

#include <span>

#include "app/export/export.h"

namespace headlight {

/// Title, the pixels that the network saw (beside maps without a photo), a tile for each map, and the colour scale.
vit::Image overview_picture(const ExportSource& source, const ExportRequest& request, const BlockMaps& maps,
                            const std::stop_token& stop = {});

/// A row for each block of the request, a column for each map. "Shared" here is one range for all of them.
vit::Image grid_picture(const ExportSource& source, const ExportRequest& request, std::span<const BlockMaps> blocks,
                        const std::stop_token& stop = {});

/// The range that all maps of `blocks` share.
vit::Range grid_range(std::span<const BlockMaps> blocks);

}  // namespace headlight
