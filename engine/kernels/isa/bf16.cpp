// The table of AVX-512 BF16: rounding to pairs of bf16 numbers, and the matrix product of gemm.h over such pairs.
#include "engine/kernels/bf16_kernels.h"

#include "engine/kernels/isa/gemm.h"
#include "engine/kernels/isa/pairs.h"
#include "engine/kernels/isa/peak.h"
#include "engine/kernels/tables.h"

namespace vit {
namespace {

constexpr Bf16Kernels kTable = {.name = "avx512bf16",
                                .pair = pair,
                                .pair_rows = pair_rows,
                                .mean = mean,
                                .pair_less = pair_less,
                                .round = round,
                                .gemm = gemm,
                                .peak = peak};

}  // namespace

const Bf16Kernels& avx512bf16_kernels() {
  return kTable;
}

}  // namespace vit
