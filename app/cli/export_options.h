// What `headlight export` was asked, and what it means for a run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/cli/measure.h"
#include "app/export/export.h"
#include "app/session/run.h"
#include "app/session/run_options.h"
#include "app/session/saved_view.h"
#include "engine/network/trace.h"

namespace headlight {

struct ExportOptions {
  RunOptions run;
  RunOptions other;                                           // side B's own alone
  std::optional<SavedView> view;                              // whose values are the defaults of what follows
  std::vector<std::string> view_values;                       // NAME=VALUE of its analysis
  std::string folder, figure, curves, cost, tensors, report;  // what to write
  std::string photos;  // a folder of them, a list or a sequence, "-" the standard input, in place of run.image; empty:
                       // one photo
  std::string film;    // one file of all frames
  double frames_per_s = 0;  // of it; 0: as the frames say
  std::string blocks = "all", heads = "all", query, formats = "png", range = "shared", colormap = "inferno";
  std::string analysis = "heads";
  std::vector<std::string> values;  // NAME=VALUE
  vit::Direction direction = vit::Direction::looks_at;
  bool after_dropout = false;
  ExportStyle style;
  std::string width;
  MeasureOptions measure{.runs = 10, .warmup = 2};
  std::string convention = "mac";
  vit::Extent extent;
};

/// What is asked of the maps of a run. Throws UsageError for what this network or this input does not have.
ExportRequest request_for(const ExportOptions& options, const Run& input);

/// Whether anything is said of side B.
bool has_other(const RunOptions& other);

/// The files of the run, so that a picture can name them.
SavedView files_of(const RunOptions& run, const RunOptions& other);

}  // namespace headlight
