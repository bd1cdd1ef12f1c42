// The steps of attention that its paths share, each for some rows of one head.
#pragma once

#include <cstddef>

#include "engine/network/attention_paths.h"

namespace vit {

/// Floats of a thread's own memory in which rows become pairs of bf16 numbers; 0 where both products are F32.
std::size_t pair_floats(const Attention& at);

/// s = q·kᵀ for `rows` rows of a head, whose keys lie packed behind those of the heads before it. (rows, N)
/// `pairs`: pair_floats() of them.
void score(const Attention& at, const float* q, std::ptrdiff_t q_stride, int head, const float* packed, float* pairs,
           float* s, int rows);

/// A head's values as the right-hand side of a product: (N, head_dim), or where value_pairs are used the pairs of two
/// tokens.
struct Values {
  const float* data = nullptr;
  std::ptrdiff_t stride = 0;
};

/// out = p·v for `rows` rows of a head. (rows, head_dim)
void weigh(const Attention& at, const float* p, const Values& v, float* pairs, float* out, std::ptrdiff_t out_stride,
           int rows);

/// Dropout of the rows of a head from `first_row` on; `dropped` may be `p`.
void drop(const Attention& at, int head, int first_row, int rows, const float* p, float* dropped);

}  // namespace vit
