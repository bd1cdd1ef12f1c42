// Products of bf16 numbers as one would write them on a blackboard: what the processor's own are compared with.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/kernels/bf16_kernels.h"

namespace vit {
namespace {

/// The upper 16 bits of the nearest bf16 number; of two as near, the one whose last bit is 0.
std::uint32_t rounded(float x) {
  if (std::fpclassify(x) == FP_SUBNORMAL) x = std::copysign(0.f, x);
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  if (std::isnan(x)) return bits >> 16 | 0x40;  // a quiet NaN, even where the cut-off bits alone said so
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

float widened(std::uint32_t upper) {
  const std::uint32_t bits = upper << 16;
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

void write_pair(float first, float second, Bf16Pair* y) {
  const std::uint32_t bits = rounded(first) | rounded(second) << 16;
  std::memcpy(y, &bits, sizeof bits);
}

void pair(const float* x, int count, Bf16Pair* y) {
  for (int i = 0; i < count; i += 2) write_pair(x[i], i + 1 < count ? x[i + 1] : 0.f, y++);
}

void pair_rows(const float* upper, const float* lower, int count, Bf16Pair* y) {
  for (int j = 0; j < count; ++j) write_pair(upper[j], lower != nullptr ? lower[j] : 0.f, y + j);
}

void mean(const float* x, std::ptrdiff_t stride, int rows, int count, float* y) {
  for (int j = 0; j < count; ++j) {
    float sum = 0.f;
    for (int r = 0; r < rows; ++r) sum += x[r * stride + j];
    y[j] = sum / static_cast<float>(rows);
  }
}

void pair_less(const float* x, const float* less, int count, Bf16Pair* y) {
  for (int i = 0; i < count; i += 2) write_pair(x[i] - less[i], i + 1 < count ? x[i + 1] - less[i + 1] : 0.f, y++);
}

void round(float* x, int count) {
  for (int i = 0; i < count; ++i) x[i] = widened(rounded(x[i]));
}

/// A row of pairs as the floats that they stand for, twice as many.
void widen(const Bf16Pair* pairs, int count, std::ptrdiff_t stride, float* x) {
  for (int i = 0; i < count; ++i) {
    std::uint32_t bits;
    std::memcpy(&bits, pairs + i * stride, sizeof bits);
    x[2 * i] = widened(bits & 0xffff);
    x[2 * i + 1] = widened(bits >> 16);
  }
}

void gemm(const Gemm& g);

/// The product in floats, and then their pairs.
void gemm_to_pairs(const Gemm& g) {
  const int panel = reference_kernels().panel;
  const int begin = g.panel_begin * panel, end = std::min(g.panel_end * panel, g.columns);
  std::vector<float> floats(static_cast<std::size_t>(g.row_end) * g.columns);
  Gemm plain = g;
  plain.pairs = false;
  plain.c = floats.data();
  plain.c_stride = g.columns;
  gemm(plain);
  for (int r = g.row_begin; r < g.row_end; ++r)
    pair(plain.c + r * plain.c_stride + begin, end - begin, g.c + r * g.c_stride + begin / 2);
}

/// One column at a time, by the plain product of the floats.
void gemm(const Gemm& g) {
  if (g.pairs) return gemm_to_pairs(g);
  const KernelTable& plain = reference_kernels();
  const int depth = 2 * g.depth;
  std::vector<float> rows(static_cast<std::size_t>(g.row_end) * depth);
  std::vector<float> panel(static_cast<std::size_t>(depth) * plain.panel);
  for (int r = g.row_begin; r < g.row_end; ++r)
    widen(g.a + r * g.a_stride, g.depth, 1, rows.data() + static_cast<std::ptrdiff_t>(r) * depth);
  std::vector<float> column(static_cast<std::size_t>(depth));
  for (int p = g.panel_begin; p < g.panel_end && p * plain.panel < g.columns; ++p) {
    for (int j = 0; j < plain.panel && p * plain.panel + j < g.columns; ++j) {
      widen(g.b + p * g.panel_stride + j, g.depth, g.k_stride, column.data());
      for (int k = 0; k < depth; ++k)
        panel[static_cast<std::size_t>(k) * plain.panel + j] = column[static_cast<std::size_t>(k)];
    }
    Gemm wide = g;
    wide.a = rows.data();
    wide.a_stride = depth;
    wide.b = panel.data();
    wide.panel_stride = 0;  // one panel stands for all
    wide.k_stride = plain.panel;
    wide.depth = depth;
    wide.panel_begin = p;
    wide.panel_end = p + 1;
    plain.gemm(wide);
  }
}

double peak(int rounds, float* sink) {
  return reference_kernels().peak(rounds, sink);
}

constexpr Bf16Kernels kTable = {.name = "reference",
                                .pair = pair,
                                .pair_rows = pair_rows,
                                .mean = mean,
                                .pair_less = pair_less,
                                .round = round,
                                .gemm = gemm,
                                .peak = peak};

}  // namespace

const Bf16Kernels& reference_bf16_kernels() {
  return kTable;
}

}  // namespace vit
