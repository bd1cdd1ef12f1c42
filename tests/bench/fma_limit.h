// What this processor can multiply and add at most: the yardstick of the kernel bench.
#pragma once

#include <optional>
#include <string>

namespace vit {

/// GFLOP/s (2 for each multiply-add of a lane) of one thread that does nothing else, by the instructions of a kernel
/// table ("avx512bf16", "avx512", "avx2", "baseline", "neon"); none where they are unknown. The best of several
/// milliseconds, each measured by itself, so that other programs do not lower it. The caller has checked that the
/// processor has them.
std::optional<double> fma_limit_gflops(const std::string& instruction_set);

}  // namespace vit
