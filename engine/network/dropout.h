// Dropout masks that are a function of where an element stands, so that every kernel, any number of threads and a map
// that is computed again later all drop the same elements.
#pragma once

#include <cstdint>

namespace vit {

/// Names one row of one mask. Element c of the row is dropped if a hash of the key and c falls below p.
struct DropKey {
  std::uint32_t a = 0, b = 0;
  bool operator==(const DropKey&) const = default;
};

/// Row `query` of the attention probabilities of a head.
DropKey attn_drop_key(std::uint64_t seed, int block, int head, int query);
/// Row `token` of the output of a block's projection.
DropKey proj_drop_key(std::uint64_t seed, int block, int token);

/// y[c] = x[c] / (1 - p), or 0 where it is dropped: inverted dropout, 0 <= p < 1. `y` may be `x`.
void dropout_row(const DropKey& key, float p, const float* x, float* y, int count);

/// Whether dropout_row keeps element c.
bool is_kept(const DropKey& key, float p, int c);

}  // namespace vit
