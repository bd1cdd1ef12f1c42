// The operators that work on one row at a time: LayerNorm and softmax.
#pragma once

#include <cmath>
#include <limits>

#include "engine/kernels/isa/simd.h"
#include "engine/kernels/kernels.h"

namespace vit {
namespace {

/// Σ f(x) over a row; f must answer 0 in lanes where the mask `first_lanes` of the last, partial packet is clear, which
/// it gets as a second argument. Two sums, because one would wait for itself.
template <typename F>
VIT_INLINE float sum_over_row(const float* x, int columns, F&& f) {
  Packet sum0 = broadcast(0.f), sum1 = broadcast(0.f);
  int j = 0;
  for (; j + 2 * kLanes <= columns; j += 2 * kLanes) {
    sum0 = f(load(x + j), sum0);
    sum1 = f(load(x + j + kLanes), sum1);
  }
  if (j + kLanes <= columns) {
    sum0 = f(load(x + j), sum0);
    j += kLanes;
  }
  float sum = sum_of_lanes(add(sum0, sum1));
  if (j < columns) {
    const Packet last = f(load_first(x + j, columns - j), broadcast(0.f));
    sum += sum_of_lanes(select(first_lanes(columns - j), last, broadcast(0.f)));
  }
  return sum;
}

void layer_norm(const LayerNorm& n) {
  for (int r = n.row_begin; r < n.row_end; ++r) {
    const float* x = n.x + r * n.x_stride;
    float* y = n.y + r * n.y_stride;
    const float count = static_cast<float>(n.columns);
    const float mean =
        sum_over_row(x, n.columns, [](Packet v, Packet sum) VIT_INLINE_LAMBDA { return add(sum, v); }) / count;
    const Packet means = broadcast(mean);
    const float squares = sum_over_row(x, n.columns, [&](Packet v, Packet sum) VIT_INLINE_LAMBDA {
      const Packet d = subtract(v, means);
      return multiply_add(d, d, sum);
    });
    const Packet factor = broadcast(1.f / std::sqrt(squares / count + n.eps));
    const auto normalised = [&](Packet v, Packet weight, Packet bias) VIT_INLINE_LAMBDA {
      return multiply_add(multiply(subtract(v, means), factor), weight, bias);
    };
    int j = 0;
    for (; j + kLanes <= n.columns; j += kLanes)
      store(y + j, normalised(load(x + j), load(n.weight + j), load(n.bias + j)));
    if (const int left = n.columns - j; left > 0)
      store_first(y + j,
                  normalised(load_first(x + j, left), load_first(n.weight + j, left), load_first(n.bias + j, left)),
                  left);
  }
}

/// One row, `packets` packets of it, of which the last holds only `last_mask`'s lanes.
VIT_INLINE void softmax_row(float* s, int packets, Packet last_mask, Packet scale) {
  const Packet nothing = broadcast(-std::numeric_limits<float>::infinity());
  float* last = s + (packets - 1) * kLanes;
  const Packet last_scores = select(last_mask, multiply(load(last), scale), nothing);

  Packet largest0 = last_scores, largest1 = last_scores;
  int p = 0;
  for (; p + 2 < packets; p += 2) {
    largest0 = at_least(multiply(load(s + p * kLanes), scale), largest0);
    largest1 = at_least(multiply(load(s + (p + 1) * kLanes), scale), largest1);
  }
  if (p + 1 < packets) largest0 = at_least(multiply(load(s + p * kLanes), scale), largest0);
  const Packet largest = broadcast(largest_lane(at_least(largest0, largest1)));

  Packet sum0 = exp_nonpositive(subtract(last_scores, largest)), sum1 = broadcast(0.f);
  store(last, sum0);
  const auto exponential = [&](int i) VIT_INLINE_LAMBDA {
    const Packet e = exp_nonpositive(subtract(multiply(load(s + i * kLanes), scale), largest));
    store(s + i * kLanes, e);
    return e;
  };
  for (p = 0; p + 2 < packets; p += 2) {
    sum0 = add(sum0, exponential(p));
    sum1 = add(sum1, exponential(p + 1));
  }
  if (p + 1 < packets) sum0 = add(sum0, exponential(p));

  const Packet factor = broadcast(1.f / sum_of_lanes(add(sum0, sum1)));
  for (p = 0; p < packets; ++p) store(s + p * kLanes, multiply(load(s + p * kLanes), factor));
}

void softmax(const Softmax& s) {
  if (s.columns <= 0) return;
  const int packets = (s.columns + kLanes - 1) / kLanes;
  const Packet last_mask = first_lanes(s.columns - (packets - 1) * kLanes);
  const Packet scale = broadcast(s.scale);
  for (int r = s.row_begin; r < s.row_end; ++r) softmax_row(s.s + r * s.stride, packets, last_mask, scale);
}

}  // namespace
}  // namespace vit
