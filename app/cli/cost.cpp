// `headlight cost`: the operator table with its formulas and measured times, and the sweep over head counts.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/interrupt.h"
#include "app/cli/measure.h"
#include "app/cli/progress.h"
#include "app/cost/cost_files.h"
#include "app/cost/cost_text.h"
#include "app/cost/cost_view.h"
#include "app/session/measuring.h"
#include "app/words/quantity.h"
#include "engine/cost/cost_notes.h"
#include "engine/kernels/kernels.h"
#include "engine/network/forward.h"
#include "engine/network/pass.h"

namespace headlight {
namespace {

struct CostOptions {
  RunOptions run;
  MeasureOptions measure;
  std::string convention = "mac", sweep, json, csv;
  int block = -1;
  bool backward = false;
};

/// Every head count, in all blocks. The prediction stands on the trained count, which is measured first.
std::vector<SweepPoint> sweep_heads(Run run, const vit::TokenGrid& grid, vit::Pool& pool, const MeasureOptions& options,
                                    const Interrupt& interrupt) {
  const vit::ModelConfig& config = run.model->config;
  const Sweep sweep{.head_counts = vit::possible_heads(config)};
  const std::vector<vit::Settings> all = sweep_settings(sweep, run.settings);
  const vit::Settings trained = vit::with_heads(run.settings, config.num_heads, sweep.block);
  std::vector<SweepPoint> points;
  ProgressBar bar("sweep");
  const double part = 1.0 / (static_cast<double>(all.size()) + 1);
  const auto measure = [&](const vit::Settings& settings, double done) {
    run.settings = settings;
    check_fits(run);
    bar.show(done, "sweep: " + std::to_string(settings.heads(0)) + " heads");
    return measure_passes(run, pool, {std::max(1, options.runs), options.warmup, done, part}, interrupt, bar).timings;
  };
  const std::vector<vit::Timings> base_passes = measure(trained, 0);
  const vit::CostTable table(config, grid, trained);
  const vit::Measurements base(table, base_passes);
  for (const vit::Settings& settings : all) {
    const vit::CostTable own(config, grid, settings);
    const std::vector<vit::Timings> passes =
        settings == trained ? base_passes : measure(settings, part * (1.0 + static_cast<double>(points.size())));
    points.push_back({settings.heads(0), vit::predict_ms(table, base, own), vit::Measurements(own, passes).wall()});
  }
  return points;
}

void print_table(const Run& run, const CostView& view) {
  const vit::ConventionColumn& column = vit::column_of(view.convention);
  std::printf("%s\n", describe(run).c_str());
  std::printf("%s. Counted: %s. %s\n",
              view.block < 0 ? "The whole network; a row ×L adds up its blocks"
                             : ("Block " + std::to_string(view.block)).c_str(),
              column.name, column.explanation);
  if (view.wall_ms)
    std::printf("%d passes: median %s ms, minimum %s ms\n", view.passes, ms_text(*view.wall_ms).c_str(),
                ms_text(*view.wall_min_ms).c_str());
  std::printf("\n%s\n", cost_text(view).c_str());
}

vit::Settings with_automatic_keep(vit::Settings settings) {
  if (settings.keep == vit::Keep::none) settings.keep = vit::Keep::automatic;
  return settings;
}

void print_way_back(const CostView& view, double forward_ms) {
  std::printf("The backward pass, to the attention of all blocks; each row holds what is computed again for it.\n");
  if (!view.wall_ms) return;
  std::printf("forward %s ms, backward %s ms: together %.2f × the forward pass\n", ms_text(forward_ms).c_str(),
              ms_text(*view.wall_ms).c_str(), (forward_ms + *view.wall_ms) / forward_ms);
}

int run_cost(const CostOptions& options) {
  refuse_two_on_stdout(options.json, options.csv);
  Interrupt interrupt;
  const vit::Convention convention = vit::convention_by_id(options.convention).value();
  Run run = open_run(options.run, ImageNeed::or_generated);
  run.settings.keep = *options.measure.keep;
  if (options.backward && !options.sweep.empty())
    throw UsageError("--sweep is of the forward pass; leave out --backward.");
  if (options.block >= run.model->config.depth)
    throw UsageError("--block " + std::to_string(options.block) + " does not exist: blocks are 0 to " +
                     std::to_string(run.model->config.depth - 1) + ".");
  const vit::TokenGrid grid = check_fits(run);
  vit::Pool pool(run.settings.threads);
  if (options.backward)  // what the way back starts from
    run.settings.keep = vit::keeps_maps(run.model->config, with_automatic_keep(run.settings), {}, grid.tokens())
                            ? vit::Keep::maps
                            : vit::Keep::qk;
  std::vector<vit::Timings> passes;
  double forward_ms = 0;
  if (options.measure.runs > 0) {
    const Repetition repetition{.runs = options.measure.runs, .warmup = options.measure.warmup};
    ProgressBar bar("measuring");
    if (options.backward) {
      BothWays both = measure_both_ways(run, pool, repetition, interrupt, bar);
      passes = std::move(both.backward);
      forward_ms = vit::Measurements({run.model->config, grid, run.settings}, both.forward).wall().median_ms;
    } else {
      passes = measure_passes(run, pool, repetition, interrupt, bar).timings;
    }
  }
  const vit::CostTable table = options.backward ? vit::CostTable(run.model->config, grid, run.settings, vit::WayBack{})
                                                : vit::CostTable(run.model->config, grid, run.settings);
  const bool quiet = options.json == "-" || options.csv == "-";
  const CostView view = make_cost_view(table, passes, options.block, convention);
  if (!quiet && options.backward) print_way_back(view, forward_ms);
  if (!quiet) print_table(run, view);
  if (!quiet && !options.backward)
    for (const vit::Finding& finding : vit::note_findings(table)) std::printf("• %s\n", finding.sentence.c_str());
  CostFileContext context{.model = run.model->report.file,
                          .image = run.photo->name,
                          .instruction_set = instruction_set(run.settings),
                          .convention = convention,
                          .sweep = {},
                          .backward = options.backward};
  if (!options.sweep.empty()) {
    context.sweep = sweep_heads(run, grid, pool, options.measure, interrupt);
    if (!quiet)
      std::printf("\nCost over head count, all blocks\n%s",
                  sweep_text(context.sweep, run.model->config.num_heads).c_str());
  }
  if (!options.json.empty()) write_output(options.json, cost_json(table, passes, context));
  if (!options.csv.empty()) write_output(options.csv, cost_csv(table, passes, convention));
  return 0;
}

}  // namespace

void add_cost_command(CLI::App& root, Action& action) {
  CLI::App* command =
      root.add_subcommand("cost", "What every operator costs: formula, operations, bytes, measured time");
  auto options = std::make_shared<CostOptions>();
  add_run_options(*command, options->run);
  add_measure_options(*command, options->measure);
  command->add_flag("--backward", options->backward,
                    "The backward pass that gradients of attention take, in place of the forward pass");
  command->add_option("--block", options->block, "Show one block (default: the whole network)")
      ->type_name("B")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--convention", options->convention, "How operations are counted")
      ->capture_default_str()
      ->check(CLI::IsMember({"textbook", "mac", "flop", "elements", "fvcore", "thop"},
                            [](const std::string& id) { return id == "note" ? "textbook" : id; }));  // an older word
  command->add_option("--sweep", options->sweep, "Measure every possible head count, too")
      ->check(CLI::IsMember({"heads"}));
  command->add_option("--json", options->json, "Write the table as JSON (- for standard output)")->type_name("FILE");
  command->add_option("--csv", options->csv, "Write the rows as CSV (- for standard output)")->type_name("FILE");
  command->callback([&action, options] { action = [options] { return run_cost(*options); }; });
}

}  // namespace headlight
