// The steps of attention that its paths share, each for some rows of one head.
#pragma once

#include <cstddef>

#include "engine/network/attention_paths.h"

namespace vit {

/// The thread's own memory for rows in pairs, where there are any.
float* own_pairs(const PassBuffers& buffers, const Member& member);

/// Floats of a thread's own memory in which probabilities become pairs of bf16 numbers; 0 where their product is F32.
std::size_t pair_floats(const Attention& at);

/// Some of a head's keys and their values: a whole number of panels from `first` on, or up to the last key.
struct Keys {
  int first = 0;
  int count = 0;
};
Keys all_keys(const Attention& at);

/// What `rows` queries of a head from `first` on get. (rows, head_dim)
MatrixSpan outputs_of(const Attention& at, int head, int first, int rows);

/// s = q·kᵀ. q: (rows, head_dim) of a head, or as pairs where the scores are a product of pairs; s: (rows, keys).
/// `packed`: the keys of all heads, as pack_keys() leaves them.
void score(const Attention& at, MatrixView q, int head, const float* packed, Keys keys, MatrixSpan s);

/// A head's values as the right-hand side of a product: (N, head_dim), or where value_pairs are used the pairs of two
/// tokens.
struct Values {
  const float* data = nullptr;
  std::ptrdiff_t stride = 0;
};

enum class Sum : bool { fresh, continued };

/// out = p·v, or out += p·v where the sum is continued. p: (rows, keys) of a head; v: from the first of those keys on;
/// out: (rows, head_dim). `pairs`: pair_floats() of them.
void weigh(const Attention& at, MatrixView p, const Values& v, float* pairs, MatrixSpan out, Sum sum = Sum::fresh);

/// Dropout of the rows of a head from `first_row` on; `dropped` may be `p`.
void drop(const Attention& at, int head, int first_row, int rows, const float* p, float* dropped);

}  // namespace vit
