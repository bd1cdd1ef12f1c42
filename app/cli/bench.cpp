// `headlight bench`: how long the forward pass alone takes.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/interrupt.h"
#include "app/cli/measure.h"
#include "app/cli/progress.h"
#include "app/files/json_text.h"
#include "app/words/quantity.h"
#include "engine/cost/cost.h"
#include "engine/cost/measurements.h"
#include "engine/kernels/kernels.h"
#include "engine/network/forward.h"

namespace headlight {
namespace {

struct BenchOptions {
  RunOptions run;
  MeasureOptions measure{.runs = 20, .warmup = 3};
  std::string json;
};

int run_bench(const BenchOptions& options) {
  Interrupt interrupt;
  if (options.measure.runs < 1) throw UsageError("--runs needs at least one pass.");
  Run run = open_run(options.run, ImageNeed::or_generated);
  run.settings.keep = *options.measure.keep;
  const vit::TokenGrid grid = check_fits(run);
  vit::Pool pool(run.settings.threads);
  std::vector<double> ms;
  {
    ProgressBar bar("measuring");
    for (const MeasuredPass& pass :
         measure_passes(run, pool, {.runs = options.measure.runs, .warmup = options.measure.warmup}, interrupt, bar))
      ms.push_back(pass.elapsed_ms);
  }
  const vit::RowTime time = vit::summarise(ms);
  const vit::Totals cost =
      vit::CostTable(run.model->config, grid, run.settings).total(vit::Section::model, -1, vit::Convention::elements);
  if (options.json != "-") {
    std::printf("%s, keep %s\n", describe(run).c_str(), vit::id_of(run.settings.keep));
    std::printf("median %s ms, minimum %s ms of %d passes\n", ms_text(time.median_ms).c_str(),
                ms_text(time.min_ms).c_str(), time.calls);
    std::printf("%s GFLOP/s by the median, %s by the minimum (%s MAC, %s element operations)\n",
                rate_text(vit::gflops(cost.operations, time.median_ms)).c_str(),
                rate_text(vit::gflops(cost.operations, time.min_ms)).c_str(), count_text(cost.macs).c_str(),
                count_text(cost.element_ops).c_str());
  }
  if (options.json.empty()) return 0;
  const nlohmann::ordered_json json = {{"model", run.model->report.file},
                                       {"tokens", grid.tokens()},
                                       {"num_heads", run.settings.head_counts()},
                                       {"kernel", vit::id_of(run.settings.kernel)},
                                       {"threads", run.settings.pass_threads()},
                                       {"instruction_set", instruction_set(run.settings)},
                                       {"keep", vit::id_of(run.settings.keep)},
                                       {"runs", time.calls},
                                       {"ms_median", time.median_ms},
                                       {"ms_min", time.min_ms},
                                       {"ms", ms},
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
  command->callback([&action, options] { action = [options] { return run_bench(*options); }; });
}

}  // namespace headlight
