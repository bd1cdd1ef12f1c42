// Which instruction set runs: the best that the processor has, unless the environment names one.
#include <cstdlib>

#include "engine/base/error.h"
#include "engine/kernels/amx.h"
#include "engine/kernels/backward_kernels.h"
#include "engine/kernels/bf16_kernels.h"
#include "engine/kernels/kernels.h"
#include "engine/kernels/tables.h"

namespace vit {
namespace {

// The processor's features are asked for one by one: older compilers do not know the names of the x86-64 levels.
// The answer of the built-in covers the operating system, too (whether it saves the wide registers).
#if defined(HEADLIGHT_KERNELS_X86)
bool has_sse42() {
  return __builtin_cpu_supports("sse4.2");
}

bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}

bool has_avx512bf16() {
  return has_avx512() && __builtin_cpu_supports("avx512bf16");
}
#endif

// Best first. The reference closes the list, because it runs everywhere.
std::vector<const KernelTable*> runnable_tables() {
  std::vector<const KernelTable*> tables;
#if defined(HEADLIGHT_KERNELS_X86)
  __builtin_cpu_init();
  if (has_avx512()) tables.push_back(&avx512_kernels());
  if (has_avx2()) tables.push_back(&avx2_kernels());
  if (has_sse42()) tables.push_back(&baseline_kernels());
#elif defined(HEADLIGHT_KERNELS_NEON)
  tables.push_back(&neon_kernels());
#elif defined(HEADLIGHT_KERNELS_BASELINE)
  tables.push_back(&baseline_kernels());
#endif
  tables.push_back(&reference_kernels());
  return tables;
}

/// The first of `tables`, or the one that the environment variable names; null where there are none.
template <typename Table>
const Table* chosen(const std::vector<const Table*>& tables, const char* variable, const char* what) {
  const char* wish = std::getenv(variable);
  if (wish == nullptr || *wish == '\0') return tables.empty() ? nullptr : tables.front();
  std::string names;
  for (const Table* table : tables) {
    if (std::string(wish) == table->name) return table;
    names += std::string(names.empty() ? "use " : ", ") + table->name;
  }
  throw Error(std::string(variable) + "=" + wish + " is not " + what + " of this build and processor; " + names +
              (names.empty() ? "" : ", or ") + "leave it unset");
}

/// Both choices together, so that a wrong wish is refused when the program starts.
struct Choice {
  const KernelTable& table = *chosen(runnable_tables(), "HEADLIGHT_ISA", "an instruction set");
  const Bf16Kernels* bf16 = chosen(available_bf16_kernels(table), "HEADLIGHT_BF16", "a way to multiply bf16 numbers");
};

const Choice& choice() {
  static const Choice made;
  return made;
}

}  // namespace

const KernelTable& kernels() {
  return choice().table;
}

std::vector<std::string> available_instruction_sets() {
  std::vector<std::string> names;
  for (const KernelTable* table : runnable_tables()) names.emplace_back(table->name);
  return names;
}

const BackwardKernels& backward_kernels([[maybe_unused]] const KernelTable& table) {
#if defined(HEADLIGHT_KERNELS_X86)
  if (&table == &avx512_kernels()) return avx512_backward_kernels();
  if (&table == &avx2_kernels()) return avx2_backward_kernels();
  if (&table == &baseline_kernels()) return baseline_backward_kernels();
#elif defined(HEADLIGHT_KERNELS_NEON)
  if (&table == &neon_kernels()) return neon_backward_kernels();
#elif defined(HEADLIGHT_KERNELS_BASELINE)
  if (&table == &baseline_kernels()) return baseline_backward_kernels();
#endif
  return reference_backward_kernels();
}

std::vector<const Bf16Kernels*> available_bf16_kernels(const KernelTable& table) {
  if (&table == &reference_kernels()) return {&reference_bf16_kernels()};
  std::vector<const Bf16Kernels*> own;
#if defined(HEADLIGHT_KERNELS_X86)
  if (&table == &avx512_kernels() && has_avx512bf16()) {
    if (amx_works()) own.push_back(&amx_kernels());
    own.push_back(&avx512bf16_kernels());
  }
#endif
  return own;
}

const Bf16Kernels* bf16_kernels(const KernelTable& table) {
  if (&table == &choice().table) return choice().bf16;
  const auto own = available_bf16_kernels(table);
  return own.empty() ? nullptr : own.front();
}

const KernelTable* kernels_by_name(const std::string& name) {
  for (const KernelTable* table : runnable_tables())
    if (name == table->name) return table;
  return nullptr;
}

}  // namespace vit
