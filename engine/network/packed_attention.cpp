#include "engine/network/packed_attention.h"

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

#include "engine/kernels/bf16_kernels.h"

namespace vit {
namespace {

int panels_of_keys(const Attention& at) {
  return (at.tokens + at.table->panel - 1) / at.table->panel;
}

/// Floats of a row of query_pairs: the heads side by side.
std::ptrdiff_t query_pair_stride(const Attention& at) {
  return std::ptrdiff_t{at.heads} * pairs_of(at.head_dim);
}

/// Keys of one panel less their mean, as pairs of bf16 numbers.
class CentredKeys {
 public:
  explicit CentredKeys(const Attention& at)
      : at_(at),
        mean_(static_cast<std::size_t>(at.head_dim)),
        pairs_(static_cast<std::size_t>(at.table->panel) * at.score_depth()) {}

  /// (keys, score_depth)
  const float* panel(const HeadsView& k, int head, int first, int count) {
    const Bf16Kernels& bf16 = *at_.score_pairs;
    if (std::exchange(head_, head) != head) bf16.mean(k.row(head, 0), k.stride, at_.tokens, at_.head_dim, mean_.data());
    for (int r = 0; r < count; ++r)
      bf16.pair_less(k.row(head, first + r), mean_.data(), at_.head_dim, pairs_.data() + r * at_.score_depth());
    return pairs_.data();
  }

 private:
  const Attention& at_;
  int head_ = -1;            // whose …
  std::vector<float> mean_;  // … mean this is
  std::vector<float> pairs_;
};

}  // namespace

HeadsView heads_in_columns(MatrixView all, int head_dim) {
  return {all.data, head_dim, all.stride};
}

std::size_t packed_key_floats(const Attention& at) {
  return static_cast<std::size_t>(at.heads) * at.table->packed_floats(at.tokens, at.score_depth());
}

std::size_t query_pair_floats(const Attention& at) {
  return at.score_pairs != nullptr ? static_cast<std::size_t>(at.tokens * query_pair_stride(at)) : 0;
}

std::size_t value_pair_floats(const Attention& at) {
  return at.value_pairs != nullptr ? static_cast<std::size_t>(pairs_of(at.tokens)) * at.channels() : 0;
}

void pack_keys(const Attention& at, const HeadsView& k, PassBuffers& buffers, const Member& member) {
  const KernelTable& table = *at.table;
  const int depth = at.score_depth(), panels = panels_of_keys(at);
  const Share share = member.share(at.heads * panels);
  CentredKeys centred(at);
  for (int i = share.begin; i < share.end; ++i) {
    const int head = i / panels;
    const int first = i % panels * table.panel;  // key
    const int count = std::min(table.panel, at.tokens - first);
    float* panel = buffers.packed_keys.data() + head * table.packed_floats(at.tokens, depth) +
                   static_cast<std::size_t>(first) * depth;
    if (at.score_pairs != nullptr)
      table.pack(centred.panel(k, head, first, count), depth, count, depth, panel);
    else
      table.pack(k.row(head, first), k.stride, count, depth, panel);
  }
}

void pair_values(const Attention& at, const HeadsView& v, PassBuffers& buffers, const Member& member) {
  const int each = pairs_of(at.tokens);
  const Share share = member.share(at.heads * each);
  for (int i = share.begin; i < share.end; ++i) {
    const int head = i / each, token = i % each * 2;
    at.value_pairs->pair_rows(v.row(head, token), token + 1 < at.tokens ? v.row(head, token + 1) : nullptr, at.head_dim,
                              buffers.value_pairs.data() + static_cast<std::ptrdiff_t>(i) * at.head_dim);
  }
}

void pair_queries(const Attention& at, PassBuffers& buffers, const Member& member) {
  const Share mine = member.share(at.queries);
  // Where no pair holds numbers of two heads, a row is rounded as a whole.
  const bool whole = at.head_dim % 2 == 0;
  const int parts = whole ? 1 : at.heads, count = whole ? at.channels() : at.head_dim;
  for (int r = mine.begin; r < mine.end; ++r) {
    float* pairs = buffers.query_pairs.data() + r * query_pair_stride(at);
    for (int part = 0; part < parts; ++part, pairs += pairs_of(count))
      at.score_pairs->pair(at.q.row(r) + part * count, count, pairs);
  }
}

void pack_all(const Attention& at, PassBuffers& buffers, Member& member, Meter::Lane& lane) {
  member.sync();  // every row of k and v is there, and nobody reads what was packed for the block before
  lane.restart();
  pack_keys(at, heads_in_columns(at.k, at.head_dim), buffers, member);
  if (at.score_pairs != nullptr) pair_queries(at, buffers, member);
  lane.lap(Op::scores);
  if (at.value_pairs != nullptr) {
    pair_values(at, heads_in_columns(at.v, at.head_dim), buffers, member);
    lane.lap(Op::attn_v);
  }
  member.sync();  // all of them are packed
  lane.restart();
}

MatrixView queries_of(const Attention& at, const PassBuffers& buffers, int head, int first, int rows) {
  if (at.score_pairs == nullptr) return {at.q.row(first) + head * at.head_dim, rows, at.head_dim, at.q.stride};
  const std::ptrdiff_t stride = query_pair_stride(at);
  return {buffers.query_pairs.data() + first * stride + head * at.score_depth(), rows, at.score_depth(), stride};
}

Values values_of(const Attention& at, const PassBuffers& buffers, int head, int first) {
  assert(first % 2 == 0);
  if (at.value_pairs == nullptr) return {at.v.row(first) + head * at.head_dim, at.v.stride};
  const std::ptrdiff_t pair = static_cast<std::ptrdiff_t>(head) * pairs_of(at.tokens) + first / 2;
  return {buffers.value_pairs.data() + pair * at.head_dim, at.head_dim};
}

}  // namespace vit
