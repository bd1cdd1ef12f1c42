// A report on one pass as one HTML page: pictures inside, no script, made to be read on a screen and printed on A4.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/export/cost_figure.h"
#include "app/export/export.h"
#include "app/words/prediction.h"

namespace headlight {

struct ReportRequest {
  ExportRequest map;  // one block; the map that the report begins with, and the look of all pictures
  CostRequest cost;   // the passes, and how operations are counted; the report is always about the whole network
  std::vector<Prediction> predictions = {};  // the likeliest first; empty for a network without classes
  vit::Preprocessing preprocessing = {};     // that the pass was made with
  std::string command = {};                  // the line that makes the report again
};

/// Photo, the chosen map, the block's heads, all blocks and heads, numbers of every head, the answer, the cost, the
/// network and the settings. What the pass cannot be asked is left out, and the reason stands in its place. The same
/// bytes for the same request. Throws vit::Error for a request that cannot be met, vit::Cancelled.
std::string report_html(const ExportSource& source, const ReportRequest& request, const ExportControl& control = {});

/// Writes it, and makes its folder. Errors as above.
void write_report(const ExportSource& source, const ReportRequest& request, const std::filesystem::path& file,
                  const ExportControl& control = {});

}  // namespace headlight
