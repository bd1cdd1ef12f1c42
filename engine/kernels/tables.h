// The tables that the build may hold, one for each instruction set; the macros HEADLIGHT_KERNELS_* say which it does.
#pragma once

namespace vit {

struct KernelTable;
struct BackwardKernels;
struct Bf16Kernels;

const KernelTable& baseline_kernels();
const KernelTable& avx2_kernels();
const KernelTable& avx512_kernels();
const KernelTable& neon_kernels();

const BackwardKernels& baseline_backward_kernels();
const BackwardKernels& avx2_backward_kernels();
const BackwardKernels& avx512_backward_kernels();
const BackwardKernels& neon_backward_kernels();

const Bf16Kernels& avx512bf16_kernels();
const Bf16Kernels& amx_kernels();

}  // namespace vit
