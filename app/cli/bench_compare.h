// `headlight bench --compare`: the ways to run a pass, side by side.
#pragma once

#include "app/cli/measure.h"
#include "app/session/run.h"

namespace headlight {

/// Exact, bf16 (where the processor has it) and step by step take turns, so that a busy machine slows all of them;
/// prints each one's times, its ratio to the exact one, and what it changed. Throws vit::Cancelled.
void compare_ways(const Run& run, const MeasureOptions& options, vit::Pool& pool, const Interrupt& interrupt);

}  // namespace headlight
