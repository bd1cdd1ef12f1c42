#include "engine/kernels/amx.h"

#if defined(HEADLIGHT_KERNELS_X86) && defined(__linux__)

#include <cmath>
#include <vector>

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/kernels/bf16_kernels.h"
#include "engine/kernels/tables.h"

namespace vit {
namespace {

/// CPUID leaf 7 (Intel's Software Developer's Manual, volume 2): compilers do not all know AMX by name.
bool processor_has_amx() {
  constexpr unsigned kBf16 = 1u << 22, kTiles = 1u << 24;
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & kBf16) != 0 && (d & kTiles) != 0;
}

/// For all threads of the process (Linux, Documentation/arch/x86/xstate.rst). Older systems know no such request.
bool system_permits_tiles() {
  constexpr int kRequestPermission = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

/// A product in which every height, width and remainder of the tiles has a part.
bool multiplies_as_avx512_does() {
  constexpr int kRows = 37, kDepth = 39, kPanel = 32, kPanels = 3, kColumns = 2 * kPanel + 9;
  std::vector<float> numbers(2 * (kRows + kPanels * kPanel) * kDepth);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i * 37 % 101) / 64.f - 0.75f;
  std::vector<Bf16Pair> pairs(numbers.size() / 2);
  avx512bf16_kernels().pair(numbers.data(), static_cast<int>(numbers.size()), pairs.data());
  const auto product = [&](const Bf16Kernels& kernels) {
    std::vector<float> c(kRows * kColumns);
    kernels.gemm({.a = pairs.data(),
                  .a_stride = kDepth,
                  .b = pairs.data() + kRows * kDepth,
                  .panel_stride = kPanel * kDepth,
                  .k_stride = kPanel,
                  .depth = kDepth,
                  .columns = kColumns,
                  .row_end = kRows,
                  .panel_end = kPanels,
                  .c = c.data(),
                  .c_stride = kColumns});
    return c;
  };
  const std::vector<float> tiles = product(amx_kernels()), lanes = product(avx512bf16_kernels());
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    if (!(std::abs(tiles[i] - lanes[i]) < 1e-4f)) return false;  // a NaN, too
  }
  return true;
}

}  // namespace

bool amx_works() {
  static const bool works = processor_has_amx() && system_permits_tiles() && multiplies_as_avx512_does();
  return works;
}

}  // namespace vit

#else

namespace vit {

bool amx_works() {
  return false;
}

}  // namespace vit

#endif
