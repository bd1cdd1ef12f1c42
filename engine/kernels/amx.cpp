#include "engine/kernels/amx.h"

#if defined(HEADLIGHT_KERNELS_X86) && defined(__linux__)

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

/// Products of one row and of many, of whole and half panels, with a remainder of the depth. The numbers have so few
/// bits that their sums are exact in any order.
bool multiplies_as_avx512_does() {
  constexpr int kRows = 37, kDepth = 39, kPanels = 3;
  const int panel = avx512_kernels().panel, columns = 2 * panel + 9;
  std::vector<float> numbers(static_cast<std::size_t>(2 * (kRows + kPanels * panel) * kDepth));
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i * 37 % 101) / 64.f - 0.75f;
  std::vector<Bf16Pair> pairs(numbers.size() / 2);
  avx512bf16_kernels().pair(numbers.data(), static_cast<int>(numbers.size()), pairs.data());
  const auto product = [&](const Bf16Kernels& kernels, int rows) {
    std::vector<float> c(static_cast<std::size_t>(rows * columns));
    kernels.gemm({.a = pairs.data(),
                  .a_stride = kDepth,
                  .b = pairs.data() + kRows * kDepth,
                  .panel_stride = static_cast<std::ptrdiff_t>(panel) * kDepth,
                  .k_stride = panel,
                  .depth = kDepth,
                  .columns = columns,
                  .row_end = rows,
                  .panel_end = kPanels,
                  .c = c.data(),
                  .c_stride = columns});
    return c;
  };
  const auto equal = [&](int rows) { return product(amx_kernels(), rows) == product(avx512bf16_kernels(), rows); };
  return equal(1) && equal(kRows);
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
