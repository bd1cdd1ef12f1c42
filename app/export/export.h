// Maps of a trace as files: pictures, arrays and tables, the same bytes from the window and from the command line.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "app/export/export_maps.h"
#include "app/session/saved_view.h"
#include "engine/maps/analysis.h"
#include "engine/maps/heatmap.h"
#include "engine/network/trace.h"

namespace headlight {

/// What is exported: one forward pass and where it comes from.
struct ExportSource {
  std::shared_ptr<const vit::Trace> trace;
  std::shared_ptr<const vit::Image> photo;  // null where pixels were given without a photo: no overlay then
  std::string model;                        // as captions name it: no folders of the user's
  std::string image;
  SavedView files = {};  // where both lie and with which overrides, for the view in a picture; none: it has no view
};

struct ExportStyle {
  vit::Look look;
  bool overlay = false;  // over the whole photo; otherwise the map alone
  int size_px = 512;     // of the longer side
  bool operator==(const ExportStyle&) const = default;
};

struct ExportRequest {
  const vit::Analysis* analysis = vit::analysis_by_id("heads");
  std::map<std::string, double> values;  // of the analysis's parameters
  std::vector<int> blocks;
  HeadSelection heads;
  int query = 0;  // token
  vit::Stage stage = vit::Stage::softmax;
  bool png = true, npy = false, csv = false;
  ExportStyle style;
  std::filesystem::path folder;  // made if it is not there
};

struct ExportControl {
  std::function<void(double)> progress = {};  // hears 0 … 1
  std::stop_token stop = {};
};

/// Writes a file for each map, named by its label (`block05_head02.png`, `block05_mean.png`, …), and where an answer
/// has several maps a picture of them all (`block05_overview.png`); each file whole or not at all. Returns what was
/// written, in order. Throws vit::Error for a request that cannot be met or a disk that refuses, vit::Cancelled after a
/// stop request.
std::vector<std::filesystem::path> export_maps(const ExportSource& source, const ExportRequest& request,
                                               const ExportControl& control = {});

/// Writes the one map that the request picks of its first question into `file`. Errors as above.
void export_one(const ExportSource& source, const ExportRequest& request, const std::filesystem::path& file,
                const ExportControl& control = {});

/// Writes all maps of all blocks of the request as one captioned figure, a row for each block. Errors as above.
void export_figure(const ExportSource& source, const ExportRequest& request, const std::filesystem::path& file,
                   const ExportControl& control = {});

/// The picture of one map as it is written. Throws vit::Cancelled after a stop request.
vit::Image map_picture(const vit::PatchMap& map, const vit::Range& range, const ExportStyle& style,
                       const ExportSource& source, const std::stop_token& stop = {});

/// Throws vit::Error unless the trace has what the request asks for.
void validate(const ExportRequest& request, const ExportSource& source);

}  // namespace headlight
