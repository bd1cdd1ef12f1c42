// The forward pass as one would write it on a blackboard, in plain Eigen: what the fast paths are compared with.
#pragma once

#include <functional>

#include "engine/network/pass.h"

namespace vit {

/// Hears of what every operator makes, in the order of the pass. Block -1: outside the blocks; head -1: all of them.
using Watch = std::function<void(Op op, int block, int head, MatrixView result)>;

/// Runs the pass on the caller's thread. Shares nothing with the fast paths but the position embedding, the cutting
/// into patches and the dropout masks.
void run_reference(const Pass& pass, const Watch& watch = {});

}  // namespace vit
