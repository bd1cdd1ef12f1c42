// How far a backward pass goes.
#pragma once

#include "engine/network/meter.h"

namespace vit {

/// Through the blocks from the last one down to `down_to`: in that one to the attention probabilities alone, or, with
/// `tokens`, in every block on to what its attention reads (the output of norm1).
struct WayBack {
  int down_to = 0;
  bool tokens = false;
  bool operator==(const WayBack&) const = default;
};

/// A backward pass that was run, and what it took.
struct BackwardRun {
  WayBack way;
  Timings timings;
};

}  // namespace vit
