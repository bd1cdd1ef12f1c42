#include "app/cli/bench_compare.h"

#include <cstdio>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "app/cli/interrupt.h"
#include "app/cli/progress.h"
#include "app/words/quantity.h"
#include "engine/cost/measurements.h"
#include "engine/maps/precision_comparison.h"

namespace headlight {
namespace {

struct Way {
  const char* name;
  vit::Settings settings;
  std::vector<double> ms = {};  // of each pass
};

std::vector<Way> ways_of(const vit::Settings& asked) {
  const auto with = [&](vit::Kernel kernel, vit::Precision precision) {
    vit::Settings settings = asked;
    settings.kernel = kernel;
    settings.precision = precision;
    return settings;
  };
  std::vector<Way> ways = {{"exact", with(vit::Kernel::tiled, vit::Precision::exact)}};
  if (vit::has_bf16(vit::Kernel::tiled)) ways.push_back({"bf16", with(vit::Kernel::tiled, vit::Precision::bf16)});
  ways.push_back({"eager", with(vit::Kernel::eager, vit::Precision::exact)});
  return ways;
}

/// What a way changed of the exact pass: bf16 moves maps, the eager kernel adds up in another order.
std::string change_words(const Run& run, const Way& way, const vit::Trace& exact, vit::Pool& pool,
                         const Interrupt& interrupt) {
  vit::PassInput input = run;
  input.settings = way.settings;
  input.settings.keep = vit::Keep::qk;
  vit::Meter meter(interrupt.token());
  const vit::PrecisionChange change = vit::precision_change(*run_pass(input, pool, meter), exact, interrupt.token());
  return vit::words_of(change) + fmt::format(", no probability by more than {:.1e}", change.largest);
}

}  // namespace

void compare_ways(const Run& run, const MeasureOptions& options, vit::Pool& pool, const Interrupt& interrupt) {
  std::vector<Way> ways = ways_of(run.settings);
  ProgressBar bar("comparing");
  const int rounds = options.warmup + options.runs;
  for (int round = 0; round < rounds; ++round) {
    for (Way& way : ways) {
      vit::PassInput input = run;
      input.settings = way.settings;
      vit::Meter meter(interrupt.token());
      const auto trace = run_pass(input, pool, meter);
      if (round >= options.warmup) way.ms.push_back(trace->timings.wall_ms);
    }
    bar.show(static_cast<double>(round + 1) / rounds);
  }
  vit::PassInput input = run;
  input.settings = ways.front().settings;
  input.settings.keep = vit::Keep::qk;
  vit::Meter meter(interrupt.token());
  const auto exact = run_pass(input, pool, meter);
  const double least = vit::summarise(ways.front().ms).min_ms;
  std::printf("\n%-8s%14s%14s%20s\n", "", "median ms", "minimum ms", "minimum ÷ exact");
  for (const Way& way : ways) {
    const vit::RowTime time = vit::summarise(way.ms);
    std::printf("%-8s%14s%14s%19.3f", way.name, ms_text(time.median_ms).c_str(), ms_text(time.min_ms).c_str(),
                time.min_ms / least);
    if (&way != &ways.front()) std::printf("   %s", change_words(run, way, *exact, pool, interrupt).c_str());
    std::printf("\n");
  }
  if (!vit::has_bf16(vit::Kernel::tiled))
    std::printf("bf16 is left out: this processor has no products of bf16 numbers (AVX-512 BF16).\n");
}

}  // namespace headlight
