// Products of bf16 numbers: floats cut to their upper 16 bits (8 of exponent, 7 of mantissa), two products a lane.
//
// Sums stay in F32. Denormal numbers count as 0, as in the processor's own instructions (AVX-512 BF16, AMX).
#pragma once

#include "engine/kernels/kernels.h"

namespace vit {

/// Two bf16 numbers in the 32 bits of a float, the first one in the lower half. Kernels move such floats like others,
/// but only Bf16Kernels::gemm computes with them.
using Bf16Pair = float;

inline constexpr int pairs_of(int count) {
  return (count + 1) / 2;
}

/// Beside a KernelTable, whose panels these products share: `pack` of the table packs pairs, too. Rounding is to
/// nearest, ties to even; NaN stays NaN.
struct Bf16Kernels {
  const char* name = "";  // "reference", "avx512bf16", "amx"

  /// y[i] = (x[2i], x[2i + 1]) for the pairs_of(count) pairs of a row; behind an odd count stands 0.
  void (*pair)(const float* x, int count, Bf16Pair* y) = nullptr;
  /// y[j] = (upper[j], lower[j]) for `count` columns of two rows; without `lower` its numbers are 0.
  void (*pair_rows)(const float* upper, const float* lower, int count, Bf16Pair* y) = nullptr;
  /// y[j] = the mean over `rows` rows of x[j], the rows added up one after the other, for `count` columns.
  void (*mean)(const float* x, std::ptrdiff_t stride, int rows, int count, float* y) = nullptr;
  /// As `pair`, of x[i] - less[i].
  void (*pair_less)(const float* x, const float* less, int count, Bf16Pair* y) = nullptr;
  /// x becomes the floats that bf16 can hold.
  void (*round)(float* x, int count) = nullptr;
  /// As KernelTable::gemm, but `a` and `b` hold pairs along the sum, and `depth` counts pairs. With `pairs` the result
  /// is rounded, too, as `pair` would round each row (panels have an even number of columns).
  void (*gemm)(const Gemm&) = nullptr;
  /// As KernelTable::peak, in multiply-adds of bf16 numbers.
  double (*peak)(int rounds, float* sink) = nullptr;
};

/// Plain loops: what the others are compared with.
const Bf16Kernels& reference_bf16_kernels();

/// Those that go with a table and run in this build on this processor, best first; of the reference table always one.
std::vector<const Bf16Kernels*> available_bf16_kernels(const KernelTable& table);
/// The best of them, or null where there are none. Of kernels(): those that the environment variable HEADLIGHT_BF16
/// names (throws Error if there are none of that name). The same answer for the life of the process.
const Bf16Kernels* bf16_kernels(const KernelTable& table);

/// How many products of bf16 numbers the chosen kernels' registers take in the time of one in F32; 0 where kernels()
/// have none. Measured when first asked for, in less than a millisecond: an instruction does not say how quick it is.
/// AMD's Zen 4 and 5 reach 2.0 and 1.9, Intel's Emerald Rapids 0.5 where the system keeps AMX from its programs.
double bf16_gain();

}  // namespace vit
