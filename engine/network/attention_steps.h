// The steps of attention that its paths share, each for some rows of one head.
#pragma once

#include <cstddef>

#include "engine/network/attention_paths.h"

namespace vit {

/// s = q·kᵀ for `rows` rows of a head, whose keys lie packed behind those of the heads before it. (rows, N)
void score(const Attention& at, const float* q, std::ptrdiff_t q_stride, int head, const float* packed, float* s,
           int rows);

/// out = p·v for `rows` rows of a head. (rows, head_dim)
void weigh(const Attention& at, const float* p, const float* v, std::ptrdiff_t v_stride, float* out,
           std::ptrdiff_t out_stride, int rows);

/// Dropout of the rows of a head from `first_row` on; `dropped` may be `p`.
void drop(const Attention& at, int head, int first_row, int rows, const float* p, float* dropped);

}  // namespace vit
