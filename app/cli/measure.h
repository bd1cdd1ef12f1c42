// Repeated passes for the commands that measure: warm-up, progress, Ctrl-C.
#pragma once

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/cli/common.h"
#include "engine/base/pool.h"
#include "engine/network/meter.h"

namespace headlight {

class Interrupt;
class ProgressBar;

/// --runs, --warmup and --keep.
struct MeasureOptions {
  int runs = 10;
  int warmup = 2;
  std::optional<vit::Keep> keep = vit::Keep::none;
};
void add_measure_options(CLI::App& app, MeasureOptions& options);

/// What passes took: each from the call to its return, and the operators inside of the newest kMostTimed, in no order.
/// So any number of passes takes hardly more memory than one.
struct MeasuredPasses {
  static constexpr std::size_t kMostTimed = 1000;
  std::vector<double> elapsed_ms;
  std::vector<vit::Timings> timings;
};

struct Repetition {
  int runs = 1, warmup = 0;
  double done = 0, part = 1;  // of the whole job, for the progress bar
};

/// Throws vit::Cancelled after Ctrl-C.
MeasuredPasses measure_passes(const vit::PassInput& run, vit::Pool& pool, const Repetition& repetition,
                              const Interrupt& interrupt, ProgressBar& bar);

/// Of the newest MeasuredPasses::kMostTimed: forward and backward in turn, from the logit of class 0, or the first
/// token's features, to the attention of all blocks.
struct BothWays {
  std::vector<vit::Timings> forward, backward;
};
BothWays measure_both_ways(const vit::PassInput& run, vit::Pool& pool, const Repetition& repetition,
                           const Interrupt& interrupt, ProgressBar& bar);

/// "random:…: 197 tokens, 12 blocks, C 768; 12 heads, qkv bias, fused kernel, 2 threads, avx512".
std::string describe(const vit::PassInput& run);

/// What its arithmetic runs on.
const char* instruction_set(const vit::Settings& settings);

}  // namespace headlight
