// The commands that save maps, through the code that `headlight export` uses: the worker writes, the window goes on.
#include <GLFW/glfw3.h>

#include <algorithm>

#include <filesystem>
#include <numeric>
#include <utility>

#include "app/export/export.h"
#include "app/export/export_captions.h"
#include "app/files/png_file.h"
#include "app/files/write_file.h"
#include "app/panels/bench.h"
#include "app/window/commands.h"

namespace headlight {

namespace {

using Path = std::filesystem::path;

/// The files of what is shown; none while another model or photo is about to be shown.
SavedView files_of(const Session& session) {
  if (session.trace()->model != session.model() || session.photo() != session.image()) return {};
  Wanted files;
  files.model = session.model_source();
  files.load = session.load_options();
  files.image = session.image_source();
  return mark_files(std::move(files));
}

ExportSource source_of(const Session& session) {
  return {.trace = session.trace(),
          .photo = session.photo(),
          .model = short_source_name(session.trace()->model->report.file),
          .image = short_source_name(session.photo()->name),
          .files = files_of(session)};
}

/// What is shown, and how; all maps of the block.
ExportRequest request_of(const Bench& bench, bool overlay) {
  const vit::Question& shown = bench.maps.set().question;
  ExportRequest request;
  request.blocks = {std::min(bench.session.view.block, static_cast<int>(bench.maps.set().trace->blocks.size()) - 1)};
  request.query = shown.query;
  request.stage = shown.stage;
  request.style = {.look = bench.session.view.look, .overlay = overlay};
  return request;
}

HeadSelection only(int head) {
  HeadSelection selection;
  selection.mean = head == kMeanOfHeads;
  selection.max = head == kMaxOfHeads;
  selection.all_heads = false;
  if (head >= 0) selection.heads = {head};
  return selection;
}

/// Writes the one map of `request` into `file`.
Errand save_one(ExportSource source, ExportRequest request, Path file) {
  return [source = std::move(source), request = std::move(request), file = std::move(file)](std::stop_token stop,
                                                                                            const auto&) {
    export_one(source, request, file, {.progress = {}, .stop = std::move(stop)});
    return "Saved " + file.string() + ".";
  };
}

/// The chosen map as the page shows it: of the heads, or of another analysis.
void ask_for_one(Bench& bench, bool overlay) {
  const vit::MapSet& set = bench.maps.set();
  const vit::MapLabel& label = bench.maps.label(bench.maps.chosen(bench.session.view));
  ExportRequest request = request_of(bench, overlay);
  if (set.question.analysis != "grid") {  // whose maps are those of the heads, in another range
    request.analysis = vit::analysis_by_id(set.question.analysis);
    request.values = set.question.values;
  }
  request.heads = only(label.head);
  bench.browser.open({.mode = ui::FileBrowser::Mode::save_file,
                      .title = overlay ? "Save the map over the photo" : "Save the map",
                      .endings = {".png"},
                      .recent = {},
                      .folder = bench.preferences.folder,
                      .name = label.id + (overlay ? "_overlay.png" : ".png"),
                      .chosen = [&bench, source = source_of(bench.session), request](const Path& path) {
                        bench.session.run_errand(save_one(source, request, path));
                      }});
}

/// A sentence about what saving all heads into `folder` would write over; empty: nothing. `part` begins their names.
std::string pictures_in_the_way(const Path& folder, const std::string& part) {
  int pictures = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.rfind(part + "_", 0) == 0 && name.ends_with(".png") && !name.ends_with("_overlay.png")) ++pictures;
  }
  if (pictures == 0) return {};
  return pictures == 1 ? "A picture of this block exists here."
                       : std::to_string(pictures) + " pictures of this block exist here.";
}

void ask_for_folder(Bench& bench) {
  const std::string part =
      block_file_part(bench.session.view.block, static_cast<int>(bench.session.trace()->blocks.size()));
  bench.browser.open(
      {.mode = ui::FileBrowser::Mode::choose_folder,
       .title = "Save all heads of block " + std::to_string(bench.session.view.block),
       .endings = {},
       .recent = {},
       .folder = bench.preferences.folder,
       .name = {},
       .chosen =
           [&bench, source = source_of(bench.session), request = request_of(bench, false)](const Path& folder) mutable {
             request.folder = folder;
             bench.session.run_errand([source, request](std::stop_token stop, const auto& progress) {
               const auto files = export_maps(source, request, {.progress = progress, .stop = stop});
               return "Saved " + std::to_string(files.size()) + " pictures in " + request.folder.string() + ".";
             });
           },
       .in_the_way = [part](const Path& folder) { return pictures_in_the_way(folder, part); }});
}

void ask_for_figure(Bench& bench) {
  ExportRequest request = request_of(bench, true);
  const ExportSource source = source_of(bench.session);
  request.blocks.resize(source.trace->blocks.size());
  std::iota(request.blocks.begin(), request.blocks.end(), 0);
  request.heads.mean = request.heads.max = false;
  bench.browser.open({.mode = ui::FileBrowser::Mode::save_file,
                      .title = "Save every head of every block",
                      .endings = {".png"},
                      .recent = {},
                      .folder = bench.preferences.folder,
                      .name = "layers_heads.png",
                      .chosen = [&bench, source, request](const Path& path) {
                        bench.session.run_errand([=](std::stop_token stop, const auto& progress) {
                          export_figure(source, request, path, {.progress = progress, .stop = stop});
                          return "Saved " + path.string() + ".";
                        });
                      }});
}

}  // namespace

void add_save_commands(Bench& bench) {
  // A draft is never saved: its exact picture is there in a moment.
  const auto ready = [&bench] {
    return !bench.maps.empty() && bench.session.photo() != nullptr && !bench.session.shown().draft;
  };
  bench.commands.add({.id = "export.heatmap",
                      .menu = "Export",
                      .name = "Save heatmap…",
                      .keys = {{GLFW_KEY_S, kControl}},
                      .tooltip = "Writes the chosen map alone as a PNG file.",
                      .run = [&bench] { ask_for_one(bench, false); },
                      .enabled = ready});
  bench.commands.add({.id = "export.all",
                      .menu = "Export",
                      .name = "Save all heads…",
                      .keys = {{GLFW_KEY_S, kControl | kShift}},
                      .tooltip = "Writes every map of the block and a captioned overview into a folder.",
                      .run = [&bench] { ask_for_folder(bench); },
                      .enabled = ready});
  bench.commands.add({.id = "export.figure",
                      .menu = "Export",
                      .name = "Save layers × heads…",
                      .keys = {{GLFW_KEY_L, kControl}},
                      .tooltip = "Writes every head of every block over the photo as one captioned figure.",
                      .run = [&bench] { ask_for_figure(bench); },
                      .enabled = ready});
  bench.commands.add({.id = "export.overlay",
                      .menu = "Export",
                      .name = "Save overlay…",
                      .keys = {{GLFW_KEY_E, kControl}},
                      .tooltip = "Writes the chosen map over the whole photo as a PNG file.",
                      .run = [&bench] { ask_for_one(bench, true); },
                      .enabled = ready});
}

}  // namespace headlight
