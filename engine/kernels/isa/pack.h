// Weights and keys laid out for the matrix product: panels whose columns lie side by side.
#pragma once

#include "engine/kernels/isa/gemm.h"

namespace vit {
namespace {

/// One square block of `pack`: rows [0, row_count) and floats [0, k_count), both at most kLanes, zero beyond.
VIT_INLINE void pack_square(const float* rows, std::ptrdiff_t stride, int row_count, int k_count, float* panel) {
  Square block;
  for (int i = 0; i < kLanes; ++i) {
    if (i >= row_count)
      block.packet[i] = broadcast(0.f);
    else if (k_count == kLanes)
      block.packet[i] = load(rows + i * stride);
    else
      block.packet[i] = load_first(rows + i * stride, k_count);
  }
  transpose(block);
  for (int k = 0; k < k_count; ++k) store(panel + k * kPanel, block.packet[k]);
}

void pack(const float* rows, std::ptrdiff_t stride, int count, int depth, float* panels) {
  for (int first = 0; first < count; first += kPanel) {
    float* panel = panels + static_cast<std::ptrdiff_t>(first) * depth;
    for (int k = 0; k < depth; k += kLanes) {
      const int k_count = depth - k < kLanes ? depth - k : kLanes;
      for (int j = 0; j < kPanel; j += kLanes) {
        const int left = count - first - j;
        const int row_count = left < 0 ? 0 : left < kLanes ? left : kLanes;
        pack_square(rows + (first + j) * stride + k, stride, row_count, k_count,
                    panel + static_cast<std::ptrdiff_t>(k) * kPanel + j);
      }
    }
  }
}

}  // namespace
}  // namespace vit
