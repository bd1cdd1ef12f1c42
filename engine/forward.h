// The forward pass of a pre-norm Vision Transformer, one line an operator.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "engine/meter.h"
#include "engine/trace.h"

namespace vit {

class Pool;

struct PassInput {
  std::shared_ptr<const Model> model;
  std::shared_ptr<const Pixels> pixels;
  Settings settings;
  Extent extent = {};
};

/// Runs the network. With `previous` (a trace of the same model and pixels) it begins at the first block whose results
/// can differ and shares the earlier blocks. Checks the meter's stop token at least once a block (inside a block, too)
/// and throws Cancelled; throws Error for settings or an extent that cannot run. Pure: the same input gives the same
/// trace, whatever the number of threads (differences of rounding apart). Call it from one thread at a time per `pool`.
std::shared_ptr<const Trace> forward(const PassInput& input, Meter& meter, Pool& pool, const Trace* previous = nullptr);

/// What a pass will need, from the operator table, before it runs. The operations are those of a whole pass.
struct Estimate {
  std::size_t trace_bytes = 0;      // what the trace keeps
  std::size_t workspace_bytes = 0;  // while it runs (eager keeps N²·h of one block)
  double macs = 0;
};
Estimate estimate(const ModelConfig& config, const TokenGrid& grid, const Settings& settings,
                  const Extent& extent = {});

/// Throws Error that names the figure and a way out (a smaller image, the tiled kernel, fewer heads) if it does not fit
/// into `available_bytes`; 0 asks the system.
void check_memory(const Estimate& estimate, std::size_t available_bytes = 0);

/// Patches of pixels of this size. Throws Error if they are no whole number of patches, or the network runs at its own
/// size only.
TokenGrid token_grid(const ModelConfig& config, int width_px, int height_px);

}  // namespace vit
