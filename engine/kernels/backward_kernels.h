// The arithmetic below the backward pass that is no product: gradients through norms, softmax and activations.
//
// Like those of kernels.h, every function works on one thread and on the range it is given; sizes are arbitrary.
#pragma once

#include <cstddef>

#include "engine/kernels/kernels.h"

namespace vit {

/// The gradient through y = (x - mean) / sqrt(variance + eps) · weight + bias (LayerNorm in kernels.h), weights held
/// fixed: dx[r] = addend[r] + (g - mean(g) - x̂·mean(g·x̂)) / sqrt(variance + eps), where g = dy·weight and x̂ is what is
/// scaled by the weight. Not centred, mean(g) counts as 0. `dx` may be `dy` or `addend`.
struct LayerNormBackward {
  const float* x = nullptr;
  std::ptrdiff_t x_stride = 0;
  const float* dy = nullptr;
  std::ptrdiff_t dy_stride = 0;
  float* dx = nullptr;
  std::ptrdiff_t dx_stride = 0;
  const float* addend = nullptr;  // (rows, columns) or none
  std::ptrdiff_t addend_stride = 0;
  int row_begin = 0, row_end = 0;
  int columns = 0;
  const float* weight = nullptr;  // (columns)
  float eps = 1e-6f;
  bool centred = true;
};

/// The gradient through p = softmax(scale·s) over each row: ds = scale·p·(dp - Σ p·dp), in place of dp.
struct SoftmaxBackward {
  const float* p = nullptr;
  std::ptrdiff_t p_stride = 0;
  float* dp = nullptr;
  std::ptrdiff_t dp_stride = 0;
  int row_begin = 0, row_end = 0;
  int columns = 0;
  float scale = 1.f;
};

/// The functions of one instruction set.
struct BackwardKernels {
  void (*layer_norm)(const LayerNormBackward&) = nullptr;
  void (*softmax)(const SoftmaxBackward&) = nullptr;
  /// dy[i] *= act'(x[i])
  void (*activation)(Activation, const float* x, float* dy, int count) = nullptr;
  /// Through y = silu(gate)·x. `dgate` may be `gate`, and `dx` may be `x`.
  void (*swiglu)(const float* gate, const float* x, const float* dy, float* dgate, float* dx, int count) = nullptr;
};

/// Those of the same instruction set as a table of kernels().
const BackwardKernels& backward_kernels(const KernelTable& table);

/// Plain loops: what every other table is compared with.
const BackwardKernels& reference_backward_kernels();

}  // namespace vit
