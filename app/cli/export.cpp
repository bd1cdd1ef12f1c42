// `headlight export`: maps as pictures, arrays and tables, and the whole pass as tensors.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "app/analysis/classes.h"
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/export_arguments.h"
#include "app/cli/export_batch.h"
#include "app/cli/export_options.h"
#include "app/cli/interrupt.h"
#include "app/cli/measure.h"
#include "app/cli/progress.h"
#include "app/export/batch.h"
#include "app/export/cost_figure.h"
#include "app/export/export.h"
#include "app/export/export_captions.h"
#include "app/export/export_tensors.h"
#include "app/export/file_names.h"
#include "app/export/report.h"
#include "app/export/view_export.h"
#include "app/files/assets.h"
#include "app/session/saved_view.h"
#include "app/session/view_file.h"
#include "app/session/wanted_options.h"
#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/network/forward.h"

namespace headlight {
namespace {

/// Before the other options are read: what they do not say is as in the view.
void begin_with_view(const std::string& file, ExportOptions& options) {
  try {
    options.view = read_view(file);
  } catch (const vit::Error& error) {
    throw CLI::ValidationError("--view", error.what());
  }
  ExportWords words = words_of(options.view->wanted);
  options.run = std::move(words.run);
  options.other = std::move(words.other);
  options.blocks = words.block;
  options.heads = words.head;
  options.query = words.query;
  options.analysis = words.analysis;
  options.view_values = std::move(words.values);
  options.direction = words.direction;
  options.after_dropout = words.after_dropout;
  options.range = words.range;
  options.colormap = words.colormap;
  options.style.look.opacity = words.opacity;
  options.style.look.smooth = words.smooth;
}

/// Files that the view names and no option replaces must be those that it was saved with.
void check_files_of_view(const CLI::App& command, ExportOptions& options) {
  if (!options.view) return;
  if (command["--pixels"]->count() > 0 && command["--image"]->count() == 0) options.run.image.clear();
  const auto check = [&](const FileMark& file, const char* option) {
    const std::string why = command[option]->count() > 0 ? "" : difference_from(file);
    if (!why.empty()) throw vit::Error(why + " Name one with " + option + ".");
  };
  check(options.view->model, "--model");
  check(options.view->other_model, "--other-model");
  check(options.view->other_image, "--other-image");
  if (options.run.pixels.empty()) check(options.view->image, "--image");
}

/// Passes of the run for a table of costs; none where no times are wanted.
std::vector<vit::Timings> measured(const ExportOptions& options, Run run, const Interrupt& interrupt) {
  if (options.measure.runs == 0) return {};
  run.settings.keep = *options.measure.keep;
  run.extent = {};
  vit::Pool pool(run.settings.threads);
  ProgressBar bar("measuring");
  return measure_passes(run, pool, {.runs = options.measure.runs, .warmup = options.measure.warmup}, interrupt, bar)
      .timings;
}

/// Of the options' blocks: the one block that is named, else the whole network.
CostRequest cost_request(const ExportOptions& options, const ExportRequest& request, std::vector<vit::Timings> passes) {
  return {.block = request.blocks.size() == 1 && options.blocks != "all" ? request.blocks.front() : -1,
          .convention = vit::convention_by_id(options.convention).value(),
          .passes = std::move(passes)};
}

/// A report begins with one map: that of the last block that is asked for, and of the mean where no head is named.
ReportRequest report_request(const ExportOptions& options, const ExportSource& source, const ExportRequest& request,
                             const CostRequest& cost, const Run& run, const std::string& command) {
  ReportRequest report{.map = request, .cost = cost, .preprocessing = run.pixels->preprocessing, .command = command};
  report.map.blocks = {request.blocks.back()};
  if (options.heads == "all") report.map.heads = {.mean = true, .max = false, .all_heads = false, .heads = {}};
  report.predictions = told_predictions(*source.trace);
  return report;
}

/// The command as it was given, without what the view of --view has said.
std::string command_line(const CLI::App& command) {
  std::vector<std::string> arguments = {"export"};
  for (const CLI::Option* option : command.get_options()) {
    if (option->count() == 0) continue;
    if (option->get_expected_min() == 0) {
      arguments.push_back(option->get_name());
      continue;
    }
    for (const std::string& value : option->results()) {
      arguments.push_back(option->get_name());
      arguments.push_back(value);
    }
  }
  return shell_line(arguments);
}

void check_targets(const ExportOptions& options) {
  if (!options.film.empty())
    throw UsageError("--film is of the frames of --images; --figure writes the picture of one photo.");
  if (options.folder.empty() && options.figure.empty() && options.curves.empty() && options.tensors.empty() &&
      options.cost.empty() && options.report.empty())
    throw UsageError(
        "One of --out, --figure, --curves, --report, --cost-table and --tensors is needed: where shall the maps or the "
        "numbers "
        "go?");
  if (!options.report.empty() && !options.report.ends_with(".html"))
    throw UsageError("--report " + options.report + ": a report is an HTML file; let its name end in .html.");
  if (options.extent.class_token_only && options.tensors.empty())
    throw UsageError("--class-token-only is for --tensors: maps alone never go through the last block.");
  for (const std::string* file : {&options.figure, &options.curves, &options.cost})
    if (!file->empty()) kind_of(*file);  // refused before the network runs
}

/// Side B's pass, as far as side A's goes.
void run_other(const ExportOptions& options, const Run& a, const Interrupt& interrupt, ExportSource& source) {
  Run input = open_other(options.other, options.run, a);
  input.settings.keep = a.settings.keep;
  if (a.extent.last_maps >= 0) input.extent.last_maps = std::min(a.extent.last_maps, input.model->config.depth - 1);
  vit::Pool pool(input.settings.threads);
  ProgressBar bar("side B");
  vit::Meter meter(interrupt.token(), [&bar](double fraction) { bar.show(fraction); });
  source.other.trace = run_pass(input, pool, meter);
  note_precision(input, *source.other.trace, pool, interrupt.token());
  source.other.photo = input.photo;
  source.other.model = network_name(input.model->report.file);
  source.other.image = options.other.image.empty() ? source.image : short_source_name(options.other.image);
}

/// Refuses options of side B that nothing here would heed, and a question that needs one without it.
void check_other(const CLI::App& command, const ExportOptions& options, const ExportRequest& request) {
  if (asks_other(request) && !has_other(options.other))
    throw UsageError(std::string(request.analysis->id) +
                     " asks about a second network or photo: name it with --other-model or --other-image.");
  if (asks_other(request)) return;
  for (const CLI::Option* option : command.get_options())
    if (option->get_name().rfind("--other-", 0) == 0 && option->count() > 0)
      throw UsageError(option->get_name() + " is for --analysis difference and for what asks about a second photo; " +
                       request.analysis->id + " does not.");
}

int run_export(const CLI::App& command, const ExportOptions& options, const std::string& command_line) {
  check_targets(options);
  const Interrupt interrupt;
  Run input = open_run(options.run, ImageNeed::required);
  const Run as_asked = input;
  input.settings.keep = vit::Keep::qk;
  const ExportRequest request = request_for(options, input);
  check_other(command, options, request);
  if (options.report.empty()) input.extent = options.tensors.empty() ? extent_for(request) : options.extent;

  ExportSource source;
  source.model = network_name(input.model->report.file);
  source.image = short_source_name(input.photo ? options.run.image : options.run.pixels);
  source.photo = input.photo;
  if (input.photo) source.files = files_of(options.run, options.other);
  {
    vit::Pool pool(input.settings.threads);
    ProgressBar bar("forward pass");
    vit::Meter meter(interrupt.token(), [&bar](double fraction) { bar.show(fraction); });
    source.trace = run_pass(input, pool, meter);
    note_precision(input, *source.trace, pool, interrupt.token());
  }
  if (asks_other(request)) run_other(options, input, interrupt, source);

  CostRequest cost;
  if (!options.cost.empty() || !options.report.empty())
    cost = cost_request(options, request, measured(options, as_asked, interrupt));
  if (!options.cost.empty()) {
    export_cost(source, cost, request.style, options.cost);
    std::printf("%s\n", options.cost.c_str());
  }
  ProgressBar bar("writing");
  const ExportControl control{[&bar](double fraction) { bar.show(fraction); }, interrupt.token()};
  if (!options.folder.empty()) {
    const auto files = export_maps(source, request, control);
    std::printf("%zu %s in %s\n", files.size(), files.size() == 1 ? "file" : "files", options.folder.c_str());
  }
  if (!options.figure.empty()) {
    export_figure(source, request, options.figure, control);
    std::printf("%s\n", options.figure.c_str());
  }
  if (!options.report.empty()) {
    write_report(source, report_request(options, source, request, cost, input, command_line), options.report, control);
    std::printf("%s\n", options.report.c_str());
  }
  if (!options.curves.empty()) {
    export_curves(source, request, options.curves, control);
    std::printf("%s\n", options.curves.c_str());
  }
  if (!options.tensors.empty()) {
    make_folder_of(options.tensors);
    if (const auto& where = source.trace->not_finite)
      std::fprintf(stderr, "headlight: %s\n", vit::sentence_of(*where).c_str());
    export_tensors(source, request.blocks, request.stage, options.tensors, control);
    std::printf("%s\n", options.tensors.c_str());
  }
  return 0;
}

/// First of all: the callbacks run in the order in which options are added.
void add_view_option(CLI::App& command, ExportOptions& options) {
  command
      .add_option_function<std::string>(
          "--view", [&options](const std::string& file) { begin_with_view(file, options); },
          "A view that the window saved, or a picture with one in it: what no other option says is as there")
      ->type_name("FILE")
      ->group("What");
}

void add_what_options(CLI::App& command, ExportOptions& options) {
  constexpr const char* kGroup = "What";
  command
      .add_option(
          "--images", options.photos,
          "Many photos in place of --image, each into --out: a folder with all that is below it, a text file "
          "with a path a line, an animated GIF or PNG, a video (which an ffmpeg on the PATH decodes), or - for PPM, "
          "PNG or JPEG pictures from the standard input. The same command goes on where it was interrupted")
      ->type_name("DIR")
      ->group(kGroup);
  command
      .add_option("--pixels", options.run.pixels, "In place of --image: a tensor pixels (3,H,W), normalised already")
      ->type_name("FILE.safetensors")
      ->group(kGroup);
  command.add_option("--analysis", options.analysis, analyses_in_words())
      ->check(CLI::IsMember(analysis_ids()))
      ->type_name("NAME")
      ->group(kGroup);
  command.add_option("--set", options.values, parameters_in_words())
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->take_all()
      ->group(kGroup);
  command.add_option("-b,--block", options.blocks, "all, or a list as in 0,2,5-7 (default: all)")
      ->type_name("LIST")
      ->group(kGroup);
  command
      .add_option("--head", options.heads,
                  "all, each (without mean and max), or a list as in mean,0,2-5 (default: all)")
      ->type_name("LIST")
      ->group(kGroup);
  command.add_option("-q,--query", options.query, "cls, ROW,COL of a patch, or token:N (default: the class token)")
      ->type_name("TOKEN")
      ->group(kGroup);
  CLI::Option* column = command.add_flag_callback(
      "--looked-at-by", [&options] { options.direction = vit::Direction::looked_at_by; },
      "Who looks at the query: its column of attention in place of its row");
  CLI::Option* both = command.add_flag_callback(
      "--both-ways", [&options] { options.direction = vit::Direction::product; },
      "Row times column: tokens that look at the query and are looked at by it");
  column->group(kGroup);
  both->group(kGroup)->excludes(column);
  command.add_flag("--after-dropout", options.after_dropout, "The probabilities after attn_drop (with --train)")
      ->group(kGroup);
}

void add_output_options(CLI::App& command, ExportOptions& options) {
  constexpr const char* kGroup = "Output";
  command
      .add_option("-o,--out", options.folder,
                  "Folder for a file of each map, named by photo, network, block, head and query: "
                  "moose__dinov2-small__b11_h1_cls.png; and a figure of each block")
      ->type_name("DIR")
      ->group(kGroup);
  command
      .add_option("--figure", options.figure,
                  "One captioned figure: of one map with its colour bar, of a block's maps, or a row for each block. "
                  "Its ending says what it is: .png, .pdf, .svg; .npy and .csv hold the numbers, .json masks")
      ->type_name("FILE")
      ->group(kGroup);
  command
      .add_option("--film", options.film,
                  "The figure of every frame of --images as one film: .png is an animated PNG, .mp4 needs an ffmpeg on "
                  "the PATH. --range LOW,HIGH makes colours mean the same in all frames")
      ->type_name("FILE")
      ->group(kGroup);
  command
      .add_option("--fps", options.frames_per_s, "Frames a second of --film (default: as the sequence says, else 10)")
      ->check(is_finite())
      ->check(CLI::Range(0.01, 240.0))
      ->type_name("N")
      ->group(kGroup);
  command
      .add_option(
          "--report", options.report,
          "One HTML page with everything about this pass, pictures inside: photo, the map of the block and head, "
          "all heads, statistics, costs, network and settings")
      ->type_name("FILE.html")
      ->group(kGroup);
  command
      .add_option("--curves", options.curves,
                  "The curves over the blocks of an analysis that has them, as .png, .pdf, .svg or .csv")
      ->type_name("FILE")
      ->group(kGroup);
  command
      .add_option("--cost-table", options.cost,
                  "What the operators cost, as .png, .pdf, .svg or .csv: of the one block of --block, else of all")
      ->type_name("FILE")
      ->group(kGroup);
  command
      .add_option("--runs", options.measure.runs,
                  "Passes measured for --cost-table and --report (default: 10; 0: no times)")
      ->check(CLI::Range(0, 100000))
      ->type_name("N")
      ->group(kGroup);
  command.add_option("--convention", options.convention, "How --cost-table counts operations (default: mac)")
      ->check(CLI::IsMember({"textbook", "mac", "flop", "elements", "fvcore", "thop"}))
      ->type_name("NAME")
      ->group(kGroup);
  command.add_option("--tensors", options.tensors, "Pixels, attention.L, hidden.L, features and logits as F32 tensors")
      ->type_name("FILE.safetensors")
      ->group(kGroup);
  command
      .add_option("-f,--format", options.formats,
                  "What --out writes: png, pdf, svg, npy, csv, json (masks), or several with commas (default: png)")
      ->type_name("LIST")
      ->group(kGroup);
}

/// --NAME and --no-NAME; neither leaves the value open.
void add_switch(CLI::App& command, const std::string& name, std::optional<bool>& value, const std::string& what) {
  CLI::Option* on = command.add_flag_callback(
      "--" + name, [&value] { value = true; }, "With " + what + " (default: in figures and overlays)");
  CLI::Option* off = command.add_flag_callback(
      "--no-" + name, [&value] { value = false; }, "Without it");
  on->group("Drawing");
  off->group("Drawing")->excludes(on);
}

void add_drawing_options(CLI::App& command, ExportOptions& options) {
  constexpr const char* kGroup = "Drawing";
  command
      .add_flag("--overlay", options.style.overlay,
                "Over the part of the photo that the network reads, in place of the map alone")
      ->group(kGroup);
  command.add_flag("--whole-photo", options.style.whole_photo, "Overlays show all of the photo")->group(kGroup);
  command
      .add_option("--opacity", options.style.look.opacity,
                  "Of the map in an overlay, at the upper end of its range (default: 0.9)")
      ->check(is_finite())
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("A")
      ->group(kGroup);
  command
      .add_option("--colormap", options.colormap, vit::choices_in_words<vit::Colormap>("or") + " (default: inferno)")
      ->check(CLI::IsMember(vit::choice_ids<vit::Colormap>()))
      ->type_name("NAME")
      ->group(kGroup);
  command
      .add_option("--range", options.range,
                  "block: shared by its heads, up to what 99.5 % of the patches have (default); map: each its own; "
                  "all: one for "
                  "all blocks; or LOW,HIGH")
      ->type_name("RULE")
      ->group(kGroup);
  command.add_flag("--smooth", options.style.look.smooth, "Interpolate between patches")->group(kGroup);
  command
      .add_option("--size", options.style.size_px, "Longer side of a picture where no --width is given (default: 512)")
      ->check(CLI::Range(1, 16384))
      ->type_name("PX")
      ->group(kGroup);
  command
      .add_option(
          "--width", options.width,
          "Of a whole figure: 85mm, 8.5cm or 3.35in, with letters of 6 to 8 points, or 1200px; of PNG files 1200 "
          "means px, too (default: as --size makes it)")
      ->type_name("WIDTH")
      ->group(kGroup);
  command
      .add_option("--columns", options.style.columns,
                  "Tiles in a row of a figure of several maps; for twice as many as a block has, two blocks stand side "
                  "by side (default: as many as keep a width in mm on a page of A4)")
      ->check(CLI::Range(1, 1024))
      ->type_name("N")
      ->group(kGroup);
  command
      .add_option("--dpi", options.style.width.dpi,
                  "Pixels an inch of a width in mm, and of pictures inside PDF and SVG (default: 300)")
      ->check(is_finite())
      ->check(CLI::Range(36.0, 2400.0))
      ->type_name("DPI")
      ->group(kGroup);
  add_switch(command, "bar", options.style.bar, "the colour bar below the maps");
  add_switch(command, "caption", options.style.caption, "what is shown, above the maps");
  command
      .add_option_function<std::string>(
          "--background", [&options](const std::string& id) { options.style.ground = *vit::choice_by_id<Ground>(id); },
          vit::choices_in_words<Ground>("or") + " (default: white)")
      ->check(CLI::IsMember(vit::choice_ids<Ground>()))
      ->type_name("NAME")
      ->group(kGroup);
}

}  // namespace

void add_export_command(CLI::App& root, Action& action) {
  CLI::App* command = root.add_subcommand(
      "export", "Write maps and figures (PNG, PDF, SVG), numbers (NPY, CSV) or all tensors of a pass");
  auto options = std::make_shared<ExportOptions>();
  add_view_option(*command, *options);
  add_run_options(*command, options->run);
  add_extent_option(*command, options->extent, "the tensors then hold the last hidden state and the features of those");
  add_other_options(*command, options->other);
  add_what_options(*command, *options);
  add_output_options(*command, *options);
  add_drawing_options(*command, *options);
  command->callback([&action, command, options] {
    action = [command, options] {
      check_files_of_view(*command, *options);
      return options->photos.empty() ? run_export(*command, *options, command_line(*command))
                                     : run_batch(*command, *options);
    };
  });
}

}  // namespace headlight
