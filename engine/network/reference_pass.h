// The forward pass as one would write it on a blackboard, in plain Eigen: what the fast paths are compared with.
#pragma once

#include "engine/network/pass.h"

namespace vit {

/// Runs the pass on the caller's thread. Shares nothing with the fast paths but the position embedding, the cutting
/// into patches and the dropout masks.
void run_reference(const Pass& pass);

}  // namespace vit
