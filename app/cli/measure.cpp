#include "app/cli/measure.h"

#include <chrono>

#include "app/cli/interrupt.h"
#include "app/cli/progress.h"
#include "engine/kernels/bf16_kernels.h"
#include "engine/kernels/kernels.h"
#include "engine/network/backward.h"
#include "engine/network/forward.h"
#include "engine/network/settings_words.h"

namespace headlight {
namespace {

vit::PassInput on_worthwhile_threads(vit::PassInput run) {
  run.most_threads = threads_of(run);
  return run;
}

/// In place of the oldest, where there are many.
void put(std::vector<vit::Timings>& timings, const vit::Timings& newest, int number) {
  const std::size_t place = static_cast<std::size_t>(number) % MeasuredPasses::kMostTimed;
  if (place == timings.size())
    timings.push_back(newest);
  else
    timings[place] = newest;
}

}  // namespace

void add_measure_options(CLI::App& app, MeasureOptions& options) {
  app.add_option("-n,--runs", options.runs, "Passes that are measured; of operators the newest 1,000")
      ->capture_default_str()
      ->type_name("R")
      ->check(CLI::Range(0, 1000000))
      ->group("Measurement");
  app.add_option("--warmup", options.warmup, "Passes before them")
      ->capture_default_str()
      ->type_name("R")
      ->check(CLI::Range(0, 1000))
      ->group("Measurement");
  add_choice(app, "--keep", options.keep, "What a pass keeps (default: none)")->group("Measurement");
}

MeasuredPasses measure_passes(const vit::PassInput& run, vit::Pool& pool, const Repetition& repetition,
                              const Interrupt& interrupt, ProgressBar& bar) {
  using Clock = std::chrono::steady_clock;
  const vit::PassInput input = on_worthwhile_threads(run);
  MeasuredPasses passes;
  const int all = repetition.warmup + repetition.runs;
  for (int i = 0; i < all; ++i) {
    interrupt.throw_if_requested();
    vit::Meter meter(interrupt.token());
    const Clock::time_point begin = Clock::now();
    const std::shared_ptr<const vit::Trace> trace = vit::forward(input, meter, pool);
    const double elapsed = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
    if (i >= repetition.warmup) {
      put(passes.timings, trace->timings, i - repetition.warmup);
      passes.elapsed_ms.push_back(elapsed);
    }
    bar.show(repetition.done + repetition.part * (i + 1) / all);
  }
  return passes;
}

BothWays measure_both_ways(const vit::PassInput& run, vit::Pool& pool, const Repetition& repetition,
                           const Interrupt& interrupt, ProgressBar& bar) {
  const vit::PassInput input = on_worthwhile_threads(run);
  BothWays found;
  const int all = repetition.warmup + repetition.runs;
  for (int i = 0; i < all; ++i) {
    interrupt.throw_if_requested();
    vit::Meter there(interrupt.token()), back(interrupt.token());
    const std::shared_ptr<const vit::Trace> trace = vit::forward(input, there, pool);
    vit::Target target;
    if (run.model->config.classes > 0) {
      target.logit = 0;
    } else {
      const auto features = trace->features.row_span(0);
      target.direction.assign(features.begin(), features.end());
    }
    vit::backward(*trace, target, {}, back, pool);
    bar.show(repetition.done + repetition.part * (i + 1) / all);
    if (i < repetition.warmup) continue;
    put(found.forward, trace->timings, i - repetition.warmup);
    put(found.backward, back.timings(), i - repetition.warmup);
  }
  return found;
}

std::string describe(const vit::PassInput& run) {
  const vit::ModelConfig& c = run.model->config;
  const vit::TokenGrid grid = vit::token_grid(c, run.pixels->width, run.pixels->height);
  const int threads = threads_of(run);
  return run.model->report.file + ": " + std::to_string(grid.tokens()) + " tokens, " + std::to_string(c.depth) +
         " blocks, C " + std::to_string(c.channels) + "; " + vit::settings_words(run.settings, c) + ", " +
         std::to_string(threads) + (threads == 1 ? " thread, " : " threads, ") + instruction_set(run.settings);
}

const char* instruction_set(const vit::Settings& settings) {
  if (settings.kernel == vit::Kernel::reference) return "plain Eigen";
  const auto* bf16 = vit::bf16_kernels(vit::kernels());
  return settings.precision == vit::Precision::bf16 && bf16 != nullptr ? bf16->name : vit::kernels().name;
}

}  // namespace headlight
