// `headlight bench`: how long the forward pass alone takes.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/cli/bench_compare.h"
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/interrupt.h"
#include "app/cli/measure.h"
#include "app/cli/progress.h"
#include "app/cost/ceilings_file.h"
#include "app/cost/lab_plots.h"
#include "app/cost/lab_text.h"
#include "app/export/plot_figure.h"
#include "app/files/json_text.h"
#include "app/words/quantity.h"
#include "engine/cost/cost.h"
#include "engine/cost/measurements.h"
#include "engine/kernels/kernels.h"
#include "engine/lab/roofline.h"
#include "engine/network/forward.h"

namespace headlight {
namespace {

struct BenchOptions {
  RunOptions run;
  MeasureOptions measure{.runs = 20, .warmup = 3};
  std::string json;
  bool compare = false;
  bool tells_roofline = false, recalibrate = false;
  std::string roofline, csv;  // files: a figure of it, and its table
  bool roofline_wanted() const { return tells_roofline || recalibrate || !roofline.empty() || !csv.empty(); }
};

/// Kept from an earlier run, or measured now.
vit::Ceilings ceilings_of(const vit::Settings& settings, bool anew, vit::Pool& pool, const Interrupt& interrupt) {
  const auto known = load_ceilings(ceilings_file(), settings);
  if (known && !anew) return *known;
  ProgressBar bar("calibrating");
  constexpr double kSeconds = 5;
  const vit::Ceilings found = vit::calibrate(
      settings, pool, kSeconds, [&bar](double done) { bar.show(done); }, interrupt.token());
  save_ceilings(found, ceilings_file());
  return found;
}

/// Every operator of the whole network as a point under the machine's ceilings.
void tell_roofline(const BenchOptions& options, const Run& run, const vit::CostTable& table,
                   const std::vector<vit::Timings>& passes, vit::Pool& pool, const Interrupt& interrupt) {
  const vit::Ceilings ceilings = ceilings_of(run.settings, options.recalibrate, pool, interrupt);
  const auto points = vit::roofline_points(table, vit::Measurements(table, passes), -1);
  if (options.json != "-" && options.csv != "-") std::printf("\nRoofline: %s", roofline_text(points, ceilings).c_str());
  if (!options.csv.empty()) write_output(options.csv, roofline_csv(points, ceilings));
  if (options.roofline.empty()) return;
  export_plot(roofline_plot(points, ceilings), "Roofline of " + run.model->report.file,
              describe(run) + "; " + ceilings_words(ceilings), {}, options.roofline);
  std::printf("%s\n", options.roofline.c_str());
}

int run_bench(const BenchOptions& options) {
  Interrupt interrupt;
  refuse_two_on_stdout(options.json, options.csv);
  if (!options.roofline.empty()) kind_of(options.roofline);  // refused before anything is measured
  if (options.measure.runs < 1) throw UsageError("--runs needs at least one pass.");
  Run run = open_run(options.run, ImageNeed::or_generated);
  run.settings.keep = *options.measure.keep;
  const vit::TokenGrid grid = check_fits(run);
  vit::Pool pool(run.settings.threads);
  MeasuredPasses passes;
  {
    ProgressBar bar("measuring");
    passes =
        measure_passes(run, pool, {.runs = options.measure.runs, .warmup = options.measure.warmup}, interrupt, bar);
  }
  const vit::RowTime time = vit::summarise(passes.elapsed_ms);
  const vit::CostTable table(run.model->config, grid, run.settings);
  const vit::Totals cost = table.total(vit::Section::model, -1, vit::Convention::elements);
  if (options.json != "-") {
    std::printf("%s, keep %s\n", describe(run).c_str(), vit::id_of(run.settings.keep));
    std::printf("median %s ms, minimum %s ms of %d passes\n", ms_text(time.median_ms).c_str(),
                ms_text(time.min_ms).c_str(), time.calls);
    std::printf("%s GFLOP/s by the median, %s by the minimum (%s MAC, %s element operations)\n",
                rate_text(vit::gflops(cost.operations, time.median_ms)).c_str(),
                rate_text(vit::gflops(cost.operations, time.min_ms)).c_str(), count_text(cost.macs).c_str(),
                count_text(cost.element_ops).c_str());
  }
  if (options.compare && options.json != "-") compare_ways(run, options.measure, pool, interrupt);
  if (options.roofline_wanted()) tell_roofline(options, run, table, passes.timings, pool, interrupt);
  if (options.json.empty()) return 0;
  const nlohmann::ordered_json json = {{"model", run.model->report.file},
                                       {"tokens", grid.tokens()},
                                       {"num_heads", run.settings.head_counts()},
                                       {"kernel", vit::id_of(run.settings.kernel)},
                                       {"precision", vit::id_of(run.settings.precision)},
                                       {"threads", threads_of(run)},
                                       {"instruction_set", instruction_set(run.settings)},
                                       {"keep", vit::id_of(run.settings.keep)},
                                       {"runs", time.calls},
                                       {"ms_median", time.median_ms},
                                       {"ms_min", time.min_ms},
                                       {"ms", passes.elapsed_ms},
                                       {"macs", cost.macs},
                                       {"element_ops", cost.element_ops},
                                       {"gflops_median", vit::gflops(cost.operations, time.median_ms)},
                                       {"gflops_max", vit::gflops(cost.operations, time.min_ms)}};
  write_output(options.json, json_text(json, 2) + "\n");
  return 0;
}

}  // namespace

void add_bench_command(CLI::App& root, Action& action) {
  CLI::App* command = root.add_subcommand("bench", "Times the forward pass alone: median and minimum");
  auto options = std::make_shared<BenchOptions>();
  add_run_options(*command, options->run);
  add_measure_options(*command, options->measure);
  command->add_option("--json", options->json, "Write the result as JSON (- for standard output)")->type_name("FILE");
  command->add_flag("--compare", options->compare,
                    "The same pass exactly, with bf16 products and step by step in turns, and what each changes");
  command
      ->add_flag("--roofline", options->tells_roofline,
                 "Every operator under this machine's ceilings, which the first time takes five seconds")
      ->group("Roofline");
  command->add_option("--roofline-figure", options->roofline, "Write it as .png, .pdf or .svg")
      ->type_name("FILE")
      ->group("Roofline");
  command->add_option("--roofline-csv", options->csv, "Write its points as CSV (- for standard output)")
      ->type_name("FILE")
      ->group("Roofline");
  command->add_flag("--recalibrate", options->recalibrate, "Measure the ceilings anew")->group("Roofline");
  command->callback([&action, options] { action = [options] { return run_bench(*options); }; });
}

}  // namespace headlight
