// What a block's threads make of its queries, keys and values before any query is answered: keys in panels, and where
// products are of bf16 numbers, queries and values in pairs.
#pragma once

#include <cstddef>

#include "engine/network/attention_paths.h"
#include "engine/network/attention_steps.h"

namespace vit {

/// All heads' rows of one kind, (N, head_dim) each: head h's first row begins at data + h·head_stride.
struct HeadsView {
  const float* data = nullptr;
  std::ptrdiff_t head_stride = 0;
  std::ptrdiff_t stride = 0;

  const float* row(int head, int r) const { return data + head * head_stride + r * stride; }
};

/// Heads side by side in the columns of a matrix.
HeadsView heads_in_columns(MatrixView all, int head_dim);

/// Floats of PassBuffers::packed_keys, query_pairs and value_pairs.
std::size_t packed_key_floats(const Attention& at);
std::size_t query_pair_floats(const Attention& at);
std::size_t value_pair_floats(const Attention& at);

/// Each for this thread's share: keys by panels, values by tokens, queries those that this thread answers.
void pack_keys(const Attention& at, const HeadsView& k, PassBuffers& buffers, const Member& member);
void pair_values(const Attention& at, const HeadsView& v, PassBuffers& buffers, const Member& member);
void pair_queries(const Attention& at, PassBuffers& buffers, const Member& member);

/// All of it from `at`, and the meetings of the threads before and after. Timed as the products that it serves.
void pack_all(const Attention& at, PassBuffers& buffers, Member& member, Meter::Lane& lane);

/// `rows` queries of a head from `first` on, as score() takes them.
MatrixView queries_of(const Attention& at, const PassBuffers& buffers, int head, int first, int rows);

/// A head's values as weigh() takes them, from token `first` on, which is even.
Values values_of(const Attention& at, const PassBuffers& buffers, int head, int first = 0);

}  // namespace vit
