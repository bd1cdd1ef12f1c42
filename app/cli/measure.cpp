#include "app/cli/measure.h"

#include <algorithm>
#include <chrono>

#include "app/cli/interrupt.h"
#include "app/cli/progress.h"
#include "engine/kernels/kernels.h"
#include "engine/network/forward.h"

namespace headlight {

void add_measure_options(CLI::App& app, MeasureOptions& options) {
  app.add_option("-n,--runs", options.runs, "Passes that are measured")
      ->capture_default_str()
      ->type_name("R")
      ->check(CLI::Range(0, 1000000))
      ->group("Measurement");
  app.add_option("--warmup", options.warmup, "Passes before them")
      ->capture_default_str()
      ->type_name("R")
      ->check(CLI::Range(0, 1000))
      ->group("Measurement");
  app.add_option("--keep", options.keep, "What a pass keeps: nothing, queries and keys, or every map")
      ->capture_default_str()
      ->check(CLI::IsMember({"none", "qk", "maps"}))
      ->group("Measurement");
}

vit::Keep keep_by_name(const std::string& name) {
  if (name == "maps") return vit::Keep::maps;
  return name == "qk" ? vit::Keep::qk : vit::Keep::none;
}

std::vector<MeasuredPass> measure_passes(const RunInput& run, vit::Pool& pool, const Repetition& repetition,
                                         const Interrupt& interrupt, ProgressBar& bar) {
  using Clock = std::chrono::steady_clock;
  std::vector<MeasuredPass> passes;
  const int all = repetition.warmup + repetition.runs;
  for (int i = 0; i < all; ++i) {
    interrupt.throw_if_requested();
    vit::Meter meter(interrupt.token());
    const Clock::time_point begin = Clock::now();
    const std::shared_ptr<const vit::Trace> trace = vit::forward({run.model, run.pixels, run.settings}, meter, pool);
    const double elapsed = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
    if (i >= repetition.warmup) passes.push_back({trace->timings, elapsed});
    bar.show(repetition.done + repetition.part * (i + 1) / all);
  }
  return passes;
}

std::vector<vit::Timings> timings_of(const std::vector<MeasuredPass>& passes) {
  std::vector<vit::Timings> timings;
  for (const MeasuredPass& pass : passes) timings.push_back(pass.timings);
  return timings;
}

std::string describe(const RunInput& run) {
  const vit::ModelConfig& c = run.model->config;
  const vit::TokenGrid grid = vit::token_grid(c, run.pixels->width, run.pixels->height);
  const std::vector<int>& heads = run.settings.num_heads;
  std::string text = run.model->report.file + ": " + std::to_string(grid.tokens()) + " tokens, " +
                     std::to_string(c.depth) + " blocks × ";
  const bool same = std::all_of(heads.begin(), heads.end(), [&](int h) { return h == heads.front(); });
  if (same) {
    const int count = heads.empty() ? c.num_heads : heads.front();
    text += std::to_string(count) + (count == 1 ? " head" : " heads");
    if (!heads.empty() && heads.front() != c.num_heads) text += " (trained " + std::to_string(c.num_heads) + ")";
  } else {
    for (std::size_t b = 0; b < heads.size(); ++b) text += (b == 0 ? "" : "/") + std::to_string(heads[b]);
    text += " heads";
  }
  text += ", C " + std::to_string(c.channels) + "; " + vit::name_of(run.settings.kernel) + " kernel, " +
          std::to_string(run.settings.pass_threads()) +
          (run.settings.pass_threads() == 1 ? " thread, " : " threads, ") + instruction_set(run.settings);
  return text;
}

const char* instruction_set(const vit::Settings& settings) {
  return settings.kernel == vit::Kernel::reference ? "plain Eigen" : vit::kernels().name;
}

}  // namespace headlight
