// Talking heads (Shazeer et al. 2020): what all heads have for a query and a key is mixed before the softmax, and again
// behind it.
#pragma once

#include <cstddef>

#include "engine/network/model.h"

namespace vit {

/// Scores or probabilities of all heads for some queries: head h's row r begins at data + h·head_stride + r·stride.
struct HeadRows {
  float* data = nullptr;
  std::ptrdiff_t head_stride = 0, stride = 0;
  int heads = 0, rows = 0, keys = 0;

  float* row(int head, int r) const { return data + head * head_stride + r * stride; }
};

/// to = weight·(scale·from) + bias, over the heads of every query and key. `to` may be `from`.
void mix_heads(const HeadMix& mix, float scale, const HeadRows& from, const HeadRows& to);

}  // namespace vit
