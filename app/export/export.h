// Maps of a trace as files: figures, arrays and tables, the same bytes from the window and from the command line.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "app/export/export_maps.h"
#include "app/export/export_style.h"
#include "app/export/paper.h"
#include "app/session/saved_view.h"
#include "engine/maps/analysis.h"
#include "engine/network/trace.h"

namespace headlight {

/// What is exported: one forward pass and where it comes from.
struct ExportSource {
  std::shared_ptr<const vit::Trace> trace;
  std::shared_ptr<const vit::Image> photo;  // null where pixels were given without a photo: no overlay then
  std::string model;                        // the network's name, see network_name()
  std::string image;                        // the photo's file without its folders
  SavedView files = {};  // where both lie and with which overrides, for the view in a picture; none: it has no view
  /// Side B, where the request asks about it.
  struct Other {
    std::shared_ptr<const vit::Trace> trace = {};
    std::shared_ptr<const vit::Image> photo = {};  // the same object as above where it is the same photo
    std::string model = {}, image = {};
  } other = {};

  vit::Subject subject() const { return {trace, other.trace, photo == other.photo}; }
};

struct ExportRequest {
  const vit::Analysis* analysis = vit::analysis_by_id("heads");
  std::map<std::string, double> values;  // of the analysis's parameters
  std::vector<int> blocks;
  HeadSelection heads;
  int query = 0;  // token
  vit::Direction direction = vit::Direction::looks_at;
  vit::Stage stage = vit::Stage::softmax;
  std::set<FileKind> kinds = {FileKind::png};  // of the files in a folder
  ExportStyle style;
  std::filesystem::path folder;  // made if it is not there
};

/// Whether the request is about side B, too.
bool asks_other(const ExportRequest& request);

struct ExportControl {
  std::function<void(double)> progress = {};  // hears 0 … 1
  std::stop_token stop = {};
};

/// Writes a file for each map, named by file_names.h (`moose__dinov2-small__b05_h2_cls.png`), and where an answer has
/// several maps a figure of them all (`…__b05_heads_cls.png`) and of its curves, if it has any (`…__lens_curves.png`);
/// each file whole or not at all. Returns what was written, in order. Throws vit::Error for a request that cannot be
/// met or a disk that refuses, vit::Cancelled after a stop request.
std::vector<std::filesystem::path> export_maps(const ExportSource& source, const ExportRequest& request,
                                               const ExportControl& control = {});

/// One figure of all that the request picks: one map with its colour scale, the maps of a block, or a row for each
/// block. The request must be valid. Throws vit::Cancelled after a stop request.
Drawing drawing_of(const ExportSource& source, const ExportRequest& request, const ExportControl& control = {});

/// The bytes of that figure as a file of this kind; as NPY (rows, cols) or (maps, rows, cols), as CSV the numbers of
/// one map in its rows or a line for each number of several. Errors as above.
std::string figure_bytes(const ExportSource& source, const ExportRequest& request, FileKind kind,
                         const ExportControl& control = {});

/// The curves over the blocks that go with the maps, as a figure or as CSV: a line a block, a column a curve. They are
/// of the whole network, so that blocks and heads of the request do not matter. Throws vit::Error where the analysis
/// has none and for a kind that holds none; other errors as above.
Drawing curves_drawing_of(const ExportSource& source, const ExportRequest& request, const ExportControl& control = {});
std::string curves_bytes(const ExportSource& source, const ExportRequest& request, FileKind kind,
                         const ExportControl& control = {});
void export_curves(const ExportSource& source, const ExportRequest& request, const std::filesystem::path& file,
                   const ExportControl& control = {});

/// Writes it; the file's ending says as what, and its folder is made. Errors as above.
void export_figure(const ExportSource& source, const ExportRequest& request, const std::filesystem::path& file,
                   const ExportControl& control = {});

/// Makes the folder that a file is to lie in. Throws vit::Error.
void make_folder_of(const std::filesystem::path& file);

/// Empty, or which head that the request picks one of its blocks does not have.
std::string missing_head(const ExportRequest& request, const vit::Settings& settings);

/// Throws vit::Error unless the trace has what the request asks for.
void validate(const ExportRequest& request, const ExportSource& source);

}  // namespace headlight
