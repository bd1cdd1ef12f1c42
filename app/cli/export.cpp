// `headlight export`: maps as pictures, arrays and tables, and the whole pass as tensors.
#include <cstdio>
#include <memory>
#include <string>

#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/export_arguments.h"
#include "app/cli/interrupt.h"
#include "app/cli/progress.h"
#include "app/export.h"
#include "app/export_captions.h"
#include "app/export_tensors.h"
#include "app/pixels_file.h"
#include "engine/pool.h"

namespace headlight {
namespace {

struct ExportOptions {
  RunOptions run;
  std::string pixels;           // safetensors, in place of an image
  std::string folder, tensors;  // what to write
  std::string blocks = "all", heads = "all", query, formats = "png", range = "shared", colormap = "inferno";
  bool after_dropout = false;
  ExportStyle style;
};

RunInput open_input(const ExportOptions& options) {
  if (options.pixels.empty()) return open_run(options.run, ImageNeed::required);
  if (!options.run.image.empty()) throw UsageError("--image and --pixels exclude each other.");
  RunInput input;
  input.model = open_model(options.run);
  input.settings = settings_for(options.run, input.model->config);
  const vit::Preprocessing rules = preprocessing_for(options.run.preprocessing, input.model->preprocessing);
  input.pixels = std::make_shared<const vit::Pixels>(load_pixels(options.pixels, rules));
  return input;
}

ExportRequest request_for(const ExportOptions& options, const vit::Trace& trace) {
  const vit::ModelConfig& config = trace.model->config;
  ExportRequest request;
  request.blocks = parse_blocks(options.blocks, config.depth);
  request.heads = parse_heads(options.heads);
  request.query = parse_query(options.query, trace.grid, config);
  request.stage = options.after_dropout ? vit::Stage::after_dropout : vit::Stage::softmax;
  parse_formats(options.formats, request);
  request.style = options.style;
  parse_range(options.range, request.style);
  if (const auto map = vit::colormap_by_name(options.colormap)) request.style.colormap = *map;
  request.folder = options.folder;
  return request;
}

int run_export(const ExportOptions& options) {
  if (options.folder.empty() && options.tensors.empty())
    throw UsageError("One of --out and --tensors is needed: where shall the maps or the tensors go?");
  const Interrupt interrupt;
  RunInput input = open_input(options);
  input.settings.keep = vit::Keep::qk;

  ExportSource source;
  source.model = short_source_name(input.model->report.file);
  source.image = short_source_name(options.pixels.empty() ? options.run.image : options.pixels);
  if (options.pixels.empty()) source.photo = std::make_shared<const vit::Image>(input.image);
  {
    vit::Pool pool(input.settings.threads);
    ProgressBar bar("forward pass");
    source.trace = run_pass(input, pool, interrupt.token(), [&bar](double fraction) { bar.show(fraction); });
  }

  const ExportRequest request = request_for(options, *source.trace);
  ProgressBar bar("writing");
  const ExportControl control{[&bar](double fraction) { bar.show(fraction); }, interrupt.token()};
  if (!options.folder.empty()) {
    const auto files = export_maps(source, request, control);
    std::printf("%zu files in %s\n", files.size(), options.folder.c_str());
  }
  if (!options.tensors.empty()) {
    export_tensors(source, request.blocks, request.stage, options.tensors, control);
    std::printf("%s\n", options.tensors.c_str());
  }
  return 0;
}

void add_what_options(CLI::App& command, ExportOptions& options) {
  CLI::App* group = command.add_option_group("What");
  group->add_option("--pixels", options.pixels, "In place of --image: a tensor pixels (3,H,W), normalised already")
      ->type_name("FILE.safetensors");
  group->add_option("-b,--block", options.blocks, "all, or a list as in 0,2,5-7 (default: all)")->type_name("LIST");
  group->add_option("--head", options.heads, "all, mean, max, or a list as in mean,0,2-5 (default: all)")
      ->type_name("LIST");
  group->add_option("-q,--query", options.query, "cls, ROW,COL of a patch, or token:N (default: the class token)")
      ->type_name("TOKEN");
  group->add_flag("--after-dropout", options.after_dropout, "The probabilities after attn_drop (with --train)");
}

void add_drawing_options(CLI::App& command, ExportOptions& options) {
  CLI::App* group = command.add_option_group("Drawing");
  group->add_option("-f,--format", options.formats, "png, npy, csv, or several with commas (default: png)")
      ->type_name("LIST");
  group->add_flag("--overlay", options.style.overlay, "Over the whole photo, in place of the map alone");
  group->add_option("--opacity", options.style.opacity, "Of the map in an overlay (default: 0.7)")
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("A");
  group->add_option("--colormap", options.colormap, "viridis, magma, inferno, turbo or grey (default: inferno)")
      ->check(CLI::IsMember({"viridis", "magma", "inferno", "turbo", "grey"}))
      ->type_name("NAME");
  group->add_option("--range", options.range, "shared by the heads of a block, head: each its own, or LOW,HIGH")
      ->type_name("RULE");
  group->add_flag("--smooth", options.style.smooth, "Interpolate between patches");
  group->add_option("--size", options.style.size_px, "Longer side of a picture (default: 512)")
      ->check(CLI::Range(1, 16384))
      ->type_name("PX");
}

}  // namespace

void add_export_command(CLI::App& root, Action& action) {
  CLI::App* command = root.add_subcommand("export", "Write heatmaps (PNG, NPY, CSV) or all tensors of a pass");
  auto options = std::make_shared<ExportOptions>();
  add_run_options(*command, options->run);
  add_what_options(*command, *options);
  command->add_option("-o,--out", options->folder, "Folder for the maps: block05_head02.png, block05_overview.png, …")
      ->type_name("DIR");
  command
      ->add_option("--tensors", options->tensors, "Pixels, attention.L, hidden.L, features and logits as F32 tensors")
      ->type_name("FILE.safetensors");
  add_drawing_options(*command, *options);
  command->callback([&action, options] { action = [options] { return run_export(*options); }; });
}

}  // namespace headlight
