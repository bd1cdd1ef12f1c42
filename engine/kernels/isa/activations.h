// The activations on whole packets, and the choice among them outside of the loops.
#pragma once

#include "engine/kernels/isa/gelu.h"
#include "engine/kernels/isa/simd.h"
#include "engine/kernels/kernels.h"

namespace vit {
namespace {

template <Activation kActivation>
VIT_INLINE Packet activated(Packet x) {
  if constexpr (kActivation == Activation::gelu) {
    return gelu(x);
  } else if constexpr (kActivation == Activation::gelu_tanh) {
    // (1 + tanh u) / 2 = σ(2u), u = √(2/π)·(x + 0.044715·x³)
    const Packet factor =
        multiply_add(multiply(x, x), broadcast(2 * 0.79788456f * 0.044715f), broadcast(2 * 0.79788456f));
    return multiply(x, sigmoid(multiply(x, factor)));
  } else if constexpr (kActivation == Activation::quick_gelu) {
    return multiply(x, sigmoid(multiply(x, broadcast(1.702f))));
  } else if constexpr (kActivation == Activation::relu) {
    return at_least(x, broadcast(0.f));
  } else if constexpr (kActivation == Activation::silu) {
    return multiply(x, sigmoid(x));
  } else {
    return x;
  }
}

template <Activation kActivation>
struct ActivationConstant {
  static constexpr Activation value = kActivation;
};

/// Calls f with the activation as a constant (`.value`).
template <typename F>
VIT_INLINE void with_activation(Activation activation, F&& f) {
  switch (activation) {
    case Activation::none:
      return f(ActivationConstant<Activation::none>{});
    case Activation::gelu:
      return f(ActivationConstant<Activation::gelu>{});
    case Activation::gelu_tanh:
      return f(ActivationConstant<Activation::gelu_tanh>{});
    case Activation::quick_gelu:
      return f(ActivationConstant<Activation::quick_gelu>{});
    case Activation::relu:
      return f(ActivationConstant<Activation::relu>{});
    case Activation::silu:
      return f(ActivationConstant<Activation::silu>{});
  }
}

}  // namespace
}  // namespace vit
