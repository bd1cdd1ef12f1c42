// Where a backward pass begins: from the number that is asked about to the tokens behind the last block.
#pragma once

#include "engine/base/matrix.h"
#include "engine/network/backward.h"

namespace vit {

/// The gradient of the target (N, C): with respect to the features, or, where nothing comes between, to the output of
/// the last block.
struct Start {
  Matrix gradient;
  bool behind_norm = false;  // of the features, behind the last norm
};
Start start_of(const Target& target, const Trace& trace);

}  // namespace vit
