// The tables that the build may hold, one for each instruction set; the macros HEADLIGHT_KERNELS_* say which it does.
#pragma once

namespace vit {

struct KernelTable;

const KernelTable& baseline_kernels();
const KernelTable& avx2_kernels();
const KernelTable& avx512_kernels();
const KernelTable& neon_kernels();

}  // namespace vit
