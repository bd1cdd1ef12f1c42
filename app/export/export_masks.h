// Masks as run-length JSON, in the manner of COCO's uncompressed RLE.
#pragma once

#include <string>
#include <vector>

#include "app/export/export_maps.h"

namespace headlight {

/// For each picked mask its block and head, `patches` (on the patch grid) and `segmentation` (on the photo's pixels:
/// one belongs to the patch under its centre; on the input's where there is no photo), each with `size` [height, width]
/// and `counts`: column by column from the left, down each column, a run of zeros first, as pycocotools reads it;
/// `area` in pixels and `bbox` [x, y, width, height] as COCO has them.
std::string masks_json(const ExportSource& source, const ExportRequest& request,
                       const std::vector<PickedMaps>& answers);

}  // namespace headlight
