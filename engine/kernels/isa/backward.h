// Gradients through the operators that are no product.
#pragma once

#include <cmath>

#include "engine/kernels/backward_kernels.h"
#include "engine/kernels/isa/activations.h"
#include "engine/kernels/isa/rows.h"
#include "engine/kernels/isa/simd.h"

namespace vit {
namespace {

/// Σ f(j, load) over a row, where load(x) gives x[j …], zeros beyond the row's end.
template <typename F>
VIT_INLINE float sum_over_columns(int columns, F&& f) {
  const auto whole = [](const float* x) VIT_INLINE_LAMBDA { return load(x); };
  Packet sum0 = broadcast(0.f), sum1 = broadcast(0.f);
  int j = 0;
  for (; j + 2 * kLanes <= columns; j += 2 * kLanes) {
    sum0 = add(sum0, f(j, whole));
    sum1 = add(sum1, f(j + kLanes, whole));
  }
  if (j + kLanes <= columns) {
    sum0 = add(sum0, f(j, whole));
    j += kLanes;
  }
  if (const int left = columns - j; left > 0)
    sum1 = add(sum1, f(j, [left](const float* x) VIT_INLINE_LAMBDA { return load_first(x, left); }));
  return sum_of_lanes(add(sum0, sum1));
}

/// to[j] = f(j, load) over a row.
template <typename F>
VIT_INLINE void store_over_columns(float* to, int columns, F&& f) {
  int j = 0;
  for (; j + kLanes <= columns; j += kLanes)
    store(to + j, f(j, [](const float* x) VIT_INLINE_LAMBDA { return load(x); }));
  if (const int left = columns - j; left > 0)
    store_first(to + j, f(j, [left](const float* x) VIT_INLINE_LAMBDA { return load_first(x, left); }), left);
}

void layer_norm_backward(const LayerNormBackward& n) {
  const float count = static_cast<float>(n.columns);
  for (int r = n.row_begin; r < n.row_end; ++r) {
    const float* x = n.x + r * n.x_stride;
    const float* dy = n.dy + r * n.dy_stride;
    const float* addend = n.addend != nullptr ? n.addend + r * n.addend_stride : nullptr;
    float mean = 0.f;
    if (n.centred)
      mean = sum_over_row(x, n.columns, [](Packet v, Packet sum) VIT_INLINE_LAMBDA { return add(sum, v); }) / count;
    const Packet means = broadcast(mean);
    const float squares = sum_over_row(x, n.columns, [&](Packet v, Packet sum) VIT_INLINE_LAMBDA {
      const Packet d = subtract(v, means);
      return multiply_add(d, d, sum);
    });
    const float inverse = 1.f / std::sqrt(squares / count + n.eps);
    const auto gradient = [&](int j, auto&& at) VIT_INLINE_LAMBDA { return multiply(at(dy + j), at(n.weight + j)); };
    float of_mean = 0.f;
    if (n.centred) of_mean = sum_over_columns(n.columns, gradient) / count;
    // Beyond the row's end the gradient is 0, whatever the centred x is there.
    const float along = sum_over_columns(n.columns, [&](int j, auto&& at) VIT_INLINE_LAMBDA {
      return multiply(gradient(j, at), subtract(at(x + j), means));
    });
    const Packet factor = broadcast(inverse), shift = broadcast(of_mean);
    const Packet slope = broadcast(inverse * inverse * along / count);  // of x - mean
    store_over_columns(n.dx + r * n.dx_stride, n.columns, [&](int j, auto&& at) VIT_INLINE_LAMBDA {
      const Packet straight = subtract(gradient(j, at), shift);
      const Packet d = multiply(subtract(straight, multiply(slope, subtract(at(x + j), means))), factor);
      return addend != nullptr ? add(at(addend + j), d) : d;
    });
  }
}

void softmax_backward(const SoftmaxBackward& s) {
  const Packet scale = broadcast(s.scale);
  for (int r = s.row_begin; r < s.row_end; ++r) {
    const float* p = s.p + r * s.p_stride;
    float* dp = s.dp + r * s.dp_stride;
    const Packet along = broadcast(sum_over_columns(
        s.columns, [&](int j, auto&& at) VIT_INLINE_LAMBDA { return multiply(at(p + j), at(dp + j)); }));
    store_over_columns(dp, s.columns, [&](int j, auto&& at) VIT_INLINE_LAMBDA {
      return multiply(multiply(scale, at(p + j)), subtract(at(dp + j), along));
    });
  }
}

/// act'(x)
template <Activation kActivation>
VIT_INLINE Packet slope_of(Packet x) {
  const Packet one = broadcast(1.f);
  // d/dx x·σ(z(x)) = σ + x·σ·(1 - σ)·z'
  const auto of_sigmoid = [&](Packet at, Packet z, Packet z_slope) VIT_INLINE_LAMBDA {
    const Packet e = exp_of_negative(z);
    const Packet s = divide(one, add(one, e));
    return multiply_add(multiply(multiply(at, z_slope), s), multiply(e, s), s);  // 1 - σ is e·σ without cancellation
  };
  // Beyond these, σ is 0 or 1 to the last bit, and nothing overflows.
  const Packet near = at_most(at_least(x, broadcast(-100.f)), broadcast(100.f));
  if constexpr (kActivation == Activation::gelu) {
    // Φ(x) + x·φ(x)
    const Packet half = broadcast(0.5f);
    const Packet phi =
        multiply(exp2_nonpositive(multiply(multiply(near, near), broadcast(-0.5f * kLog2E))), broadcast(0.39894228f));
    return multiply_add(near, phi, multiply_add(half, erf(multiply(x, broadcast(0.70710678f))), half));
  } else if constexpr (kActivation == Activation::gelu_tanh) {
    constexpr float kFirst = 2 * 0.79788456f, kThird = kFirst * 0.044715f;
    const Packet square = multiply(near, near);
    return of_sigmoid(near, multiply(near, multiply_add(square, broadcast(kThird), broadcast(kFirst))),
                      multiply_add(square, broadcast(3 * kThird), broadcast(kFirst)));
  } else if constexpr (kActivation == Activation::quick_gelu) {
    return of_sigmoid(near, multiply(near, broadcast(1.702f)), broadcast(1.702f));
  } else if constexpr (kActivation == Activation::relu) {
    return select(less(broadcast(0.f), x), one, broadcast(0.f));
  } else if constexpr (kActivation == Activation::silu) {
    return of_sigmoid(near, near, one);
  } else {
    return one;
  }
}

void activation_backward(Activation activation, const float* x, float* dy, int count) {
  with_activation(activation, [&](auto a) {
    store_over_columns(dy, count, [&](int j, auto&& at) VIT_INLINE_LAMBDA {
      return multiply(at(dy + j), slope_of<a.value>(at(x + j)));
    });
  });
}

void swiglu_backward(const float* gate, const float* x, const float* dy, float* dgate, float* dx, int count) {
  const auto step = [&](int j, auto&& at, auto&& put) VIT_INLINE_LAMBDA {
    const Packet g = at(gate + j), up = at(x + j), d = at(dy + j);
    put(dgate + j, multiply(multiply(d, up), slope_of<Activation::silu>(g)));
    put(dx + j, multiply(d, multiply(g, sigmoid(g))));
  };
  int j = 0;
  for (; j + kLanes <= count; j += kLanes)
    step(
        j, [](const float* from) VIT_INLINE_LAMBDA { return load(from); },
        [](float* to, Packet v) VIT_INLINE_LAMBDA { store(to, v); });
  if (const int left = count - j; left > 0)
    step(
        j, [left](const float* from) VIT_INLINE_LAMBDA { return load_first(from, left); },
        [left](float* to, Packet v) VIT_INLINE_LAMBDA { store_first(to, v, left); });
}

}  // namespace
}  // namespace vit
