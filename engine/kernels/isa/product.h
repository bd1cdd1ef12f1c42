// What the matrix products share: the shape of panels, which rows go together, and what follows the sums.
#pragma once

#include "engine/kernels/isa/activations.h"
#if defined(HEADLIGHT_BF16_PAIRS)
#include "engine/kernels/isa/pairs.h"
#endif
#include "engine/kernels/isa/simd.h"
#include "engine/kernels/kernels.h"

namespace vit {
namespace {

// A tile's sums, one packet of each right-hand vector, and one broadcast of the left-hand side fill the registers: 32
// with AVX-512 (28 sums) and NEON (24), 16 otherwise (12). Where a broadcast takes a shuffle (SSE), fewer rows of more
// vectors need fewer of them.
#if defined(EIGEN_VECTORIZE_AVX512)
constexpr int kTileRows = 14, kTileVectors = 2;
#elif defined(EIGEN_VECTORIZE_NEON)
constexpr int kTileRows = 12, kTileVectors = 2;
#elif defined(EIGEN_VECTORIZE_AVX)
constexpr int kTileRows = 6, kTileVectors = 2;
#else
constexpr int kTileRows = 4, kTileVectors = 3;
#endif
constexpr int kPanel = kTileVectors * kLanes;
static_assert(kLanes % 2 == 0, "no pair of columns is torn apart");

/// Where the product's element at `row` and `column` (the first of a vector's) lies.
VIT_INLINE float* destination(const Gemm& g, int row, int column) {
  const bool pairs = kProductsPerLane > 1 && g.pairs;
  return g.c + row * g.c_stride + (pairs ? column / 2 : column);
}

/// What follows the sum, for one vector of columns and all rows of a tile: bias, activation, scale, addend, rounding.
/// `sums` holds kTileVectors·kLanes floats a row. `width` is the number of columns that exist, 1 to kLanes.
template <Activation kActivation>
void finish_columns(const Gemm& g, const float* sums, int row, int rows, int column, int width) {
  const bool whole = width == kLanes;
  const auto load_columns = [&](const float* from)
                                VIT_INLINE_LAMBDA { return whole ? load(from) : load_first(from, width); };
  const Packet bias = g.bias != nullptr ? load_columns(g.bias + column) : broadcast(0.f);
  const Packet scale = g.scale != nullptr ? load_columns(g.scale + column) : broadcast(1.f);
  float* c = destination(g, row, column);
  const float* addend = g.addend != nullptr ? g.addend + row * g.addend_stride + column : nullptr;
  for (int i = 0; i < rows; ++i) {
    Packet x = activated<kActivation>(add(load(sums + i * kPanel), bias));
    if (g.scale != nullptr) x = multiply(x, scale);
    if (addend != nullptr) x = add(x, load_columns(addend + i * g.addend_stride));
#if defined(HEADLIGHT_BF16_PAIRS)
    if (g.pairs) {
      store_pairs(c + i * g.c_stride, x, width);
      continue;
    }
#endif
    if (whole)
      store(c + i * g.c_stride, x);
    else
      store_first(c + i * g.c_stride, x, width);
  }
}

/// The way of every tile whose sums cannot be stored as they are.
void finish_tile(const Gemm& g, const float* sums, int row, int rows, int column, int width) {
  for (int v = 0; v * kLanes < width; ++v) {
    const int left = width - v * kLanes;
    with_activation(g.activation, [&](auto activation) {
      finish_columns<activation.value>(g, sums + v * kLanes, row, rows, column + v * kLanes,
                                       left < kLanes ? left : kLanes);
    });
  }
}

/// rows(part) for parts of the product's rows. Every panel looks at all rows of a part: they stay in the level-2 cache,
/// and are enough (`fewest`, or all there are) to be worth another look at the panels.
template <typename Rows>
VIT_INLINE void in_near_rows(const Gemm& g, int fewest, Rows&& rows) {
  constexpr int kNearFloats = 128 << 10;
  const int fit = kNearFloats / (g.depth > 0 ? g.depth : 1);
  const int most = fit > fewest ? fit : fewest;
  Gemm part = g;
  for (int parts = (g.row_end - g.row_begin + most - 1) / most; parts > 0; --parts, part.row_begin = part.row_end) {
    part.row_end = part.row_begin + (g.row_end - part.row_begin + parts - 1) / parts;
    rows(part);
  }
}

}  // namespace
}  // namespace vit
