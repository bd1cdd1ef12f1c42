// The forward pass of a pre-norm Vision Transformer, one line an operator.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "engine/network/meter.h"
#include "engine/network/trace.h"

namespace vit {

class Pool;

struct PassInput {
  std::shared_ptr<const Model> model;
  std::shared_ptr<const Pixels> pixels;
  Settings settings;
  Extent extent = {};
  int most_threads = 0;  // fewer than the settings have, see threads_worth_while; 0: as many
};

/// Threads among which the blocks of a pass over so many tokens are worth sharing out: below some two million
/// multiply-adds each, a thread waits for the others longer than it computes.
int threads_worth_while(const ModelConfig& config, int tokens);

/// Runs the network. With `previous` (a trace of the same model and pixels) it begins at the first block whose results
/// can differ and shares the earlier blocks. Checks the meter's stop token at least once a block (inside a block, too)
/// and throws Cancelled; throws Error for settings or an extent that cannot run. Pure: the same input gives the same
/// trace, whatever the number of threads (differences of rounding apart). Call it from one thread at a time per `pool`.
std::shared_ptr<const Trace> forward(const PassInput& input, Meter& meter, Pool& pool, const Trace* previous = nullptr);

/// Patches of pixels of this size. Throws Error if they are no whole number of patches, or the network runs at its own
/// size only.
TokenGrid token_grid(const ModelConfig& config, int width_px, int height_px);

}  // namespace vit
