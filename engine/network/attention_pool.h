// Pooling by attention: one learned query looks at the tokens once, after the blocks.
#pragma once

#include "engine/base/matrix.h"
#include "engine/network/model.h"

namespace vit {

/// (1, C): what the pool makes of keys and values, each (N, C), of which it reads those from `first` on. `seen`
/// (heads, N - first) receives where it looks, or is empty. Runs on the caller's thread.
Matrix attend_pool(const AttentionPool& pool, MatrixView keys, MatrixView values, int first, float eps,
                   MatrixSpan seen);

}  // namespace vit
