// What a pass will need of memory and of the processor, before it runs.
#pragma once

#include <cstddef>

#include "engine/network/settings.h"
#include "engine/network/trace.h"

namespace vit {

/// From the operator table. The operations are those of a whole pass.
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

}  // namespace vit
