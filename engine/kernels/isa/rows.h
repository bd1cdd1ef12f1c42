// The operators that work on one row at a time: LayerNorm, softmax, scale, activations.
#pragma once

#include <cmath>
#include <limits>

#include "engine/kernels/isa/activations.h"
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
    float mean = 0.f;
    if (n.centred)
      mean = sum_over_row(x, n.columns, [](Packet v, Packet sum) VIT_INLINE_LAMBDA { return add(sum, v); }) / count;
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

/// kRows rows side by side, because one would wait for its own maximum and sum: `packets` packets of each, of which the
/// last holds only `last_mask`'s lanes.
template <int kRows>
struct ExponentRows {
  float* s;
  std::ptrdiff_t stride;
  int packets;
  Packet last_mask;
  Packet last[kRows], largest[kRows], sum[kRows];

  VIT_INLINE float* at(int r, int p) const { return s + r * stride + p * kLanes; }

  /// `largest`: of each lane.
  VIT_INLINE void find_largest() {
    const Packet nothing = broadcast(-std::numeric_limits<float>::infinity());
    unroll<kRows>([&](auto r) VIT_INLINE_LAMBDA {
      last[r.value] = largest[r.value] = select(last_mask, load(at(r.value, packets - 1)), nothing);
    });
    for (int p = 0; p + 1 < packets; ++p) {
      unroll<kRows>([&](auto r)
                        VIT_INLINE_LAMBDA { largest[r.value] = at_least(load(at(r.value, p)), largest[r.value]); });
    }
  }

  /// s = 2^(factor·(s - largest)), whatever `largest` is by now, and `sum` of them in each lane.
  VIT_INLINE void exponentiate(float factor) {
    const Packet scale = broadcast(factor);
    unroll<kRows>([&](auto r) VIT_INLINE_LAMBDA {
      sum[r.value] = exp2_nonpositive(multiply(subtract(last[r.value], largest[r.value]), scale));
      store(at(r.value, packets - 1), sum[r.value]);
    });
    for (int p = 0; p + 1 < packets; ++p) {
      unroll<kRows>([&](auto r) VIT_INLINE_LAMBDA {
        const Packet e = exp2_nonpositive(multiply(subtract(load(at(r.value, p)), largest[r.value]), scale));
        store(at(r.value, p), e);
        sum[r.value] = add(sum[r.value], e);
      });
    }
  }
};

template <int kRows>
VIT_INLINE void softmax_rows(float* s, std::ptrdiff_t stride, int packets, Packet last_mask, float factor) {
  ExponentRows<kRows> rows{s, stride, packets, last_mask, {}, {}, {}};
  rows.find_largest();
  unroll<kRows>([&](auto r)
                    VIT_INLINE_LAMBDA { rows.largest[r.value] = broadcast(largest_lane(rows.largest[r.value])); });
  rows.exponentiate(factor);
  Packet share[kRows];
  unroll<kRows>([&](auto r) VIT_INLINE_LAMBDA { share[r.value] = broadcast(1.f / sum_of_lanes(rows.sum[r.value])); });
  for (int p = 0; p < packets; ++p) {
    unroll<kRows>([&](auto r) VIT_INLINE_LAMBDA {
      store(rows.at(r.value, p), multiply(load(rows.at(r.value, p)), share[r.value]));
    });
  }
}

/// The scale is positive, so that the largest score stays the largest.
void softmax(const Softmax& s) {
  if (s.columns <= 0) return;
  constexpr int kTogether = 2;
  const int packets = (s.columns + kLanes - 1) / kLanes;
  const Packet last_mask = first_lanes(s.columns - (packets - 1) * kLanes);
  int r = s.row_begin;
  const float factor = kLog2E * s.scale;
  for (; r + kTogether <= s.row_end; r += kTogether)
    softmax_rows<kTogether>(s.s + r * s.stride, s.stride, packets, last_mask, factor);
  for (; r < s.row_end; ++r) softmax_rows<1>(s.s + r * s.stride, s.stride, packets, last_mask, factor);
}

/// As softmax_rows, for the next part of the rows from `first` on.
template <int kRows>
VIT_INLINE void softmax_part_rows(const SoftmaxPart& s, int first, int packets, Packet last_mask) {
  const float factor = kLog2E * s.scale;
  ExponentRows<kRows> rows{s.s + first * s.stride, s.stride, packets, last_mask, {}, {}, {}};
  rows.find_largest();
  unroll<kRows>([&](auto r) VIT_INLINE_LAMBDA {
    const int row = first + r.value;
    const float before = s.largest[row], here = largest_lane(rows.largest[r.value]);
    const float now = here > before ? here : before;
    s.largest[row] = now;
    store_first(s.factor + row, exp2_nonpositive(broadcast(factor * (before - now))), 1);
    s.sum[row] *= s.factor[row];
    rows.largest[r.value] = broadcast(now);
  });
  rows.exponentiate(factor);
  unroll<kRows>([&](auto r) VIT_INLINE_LAMBDA { s.sum[first + r.value] += sum_of_lanes(rows.sum[r.value]); });
}

void softmax_part(const SoftmaxPart& s) {
  if (s.columns <= 0) return;
  constexpr int kTogether = 2;
  const int packets = (s.columns + kLanes - 1) / kLanes;
  const Packet last_mask = first_lanes(s.columns - (packets - 1) * kLanes);
  int r = 0;
  for (; r + kTogether <= s.rows; r += kTogether) softmax_part_rows<kTogether>(s, r, packets, last_mask);
  for (; r < s.rows; ++r) softmax_part_rows<1>(s, r, packets, last_mask);
}

/// x = f(x) for each of `count` floats.
template <typename F>
VIT_INLINE void transform(float* x, int count, F&& f) {
  int i = 0;
  for (; i + kLanes <= count; i += kLanes) store(x + i, f(load(x + i)));
  if (i < count) store_first(x + i, f(load_first(x + i, count - i)), count - i);
}

void scale(float* x, int count, float factor) {
  const Packet factors = broadcast(factor);
  transform(x, count, [&](Packet v) VIT_INLINE_LAMBDA { return multiply(v, factors); });
}

void activate(Activation activation, float* x, int count) {
  with_activation(activation, [&](auto a) {
    transform(x, count, [a](Packet v) VIT_INLINE_LAMBDA { return activated<a.value>(v); });
  });
}

void swiglu(const float* gate, const float* x, float* y, int count) {
  int i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Packet g = load(gate + i);
    store(y + i, multiply(multiply(g, sigmoid(g)), load(x + i)));
  }
  if (i < count) {
    const Packet g = load_first(gate + i, count - i);
    store_first(y + i, multiply(multiply(g, sigmoid(g)), load_first(x + i, count - i)), count - i);
  }
}

}  // namespace
}  // namespace vit
