// The fuzzer: `fuzz --target=NAME FOLDER` and libFuzzer's options. tests/fuzz/run.py goes through all targets.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>

#include "tests/fuzz/scratch.h"
#include "tests/fuzz/targets.h"

namespace {

const fuzz::Target* chosen = nullptr;

std::uint32_t big(const std::uint8_t* at) {
  return static_cast<std::uint32_t>(at[0]) << 24 | static_cast<std::uint32_t>(at[1]) << 16 |
         static_cast<std::uint32_t>(at[2]) << 8 | at[3];
}

/// Puts the right sum behind every chunk that lies inside: libpng looks into no other.
void mend_png(std::uint8_t* data, std::size_t size) {
  for (std::size_t at = 8; at + 12 <= size;) {
    const std::size_t length = big(data + at);
    if (length > size - at - 12) return;
    const std::uint32_t sum = fuzz::sum_of(std::as_bytes(std::span(data + at + 4, length + 4)));
    for (std::size_t i = 0; i < 4; ++i) data[at + 8 + length + i] = static_cast<std::uint8_t>(sum >> (24 - 8 * i));
    at += 12 + length;
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

extern "C" int LLVMFuzzerInitialize(int* count, char*** words) {
  constexpr const char* kOption = "--target=";
  for (int i = 1; i < *count; ++i)
    if (std::strncmp((*words)[i], kOption, std::strlen(kOption)) == 0)
      chosen = fuzz::target_named((*words)[i] + std::strlen(kOption));
  if (chosen != nullptr) return 0;
  std::fprintf(stderr, "fuzz --target=NAME, which is one of");
  for (const fuzz::Target& target : fuzz::targets())
    std::fprintf(stderr, " %s%s%s", target.name, target.dictionary != nullptr ? ":" : "",
                 target.dictionary != nullptr ? target.dictionary : "");
  std::fprintf(stderr, "\n");
  std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  chosen->read(std::as_bytes(std::span(data, size)));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  const std::size_t changed = LLVMFuzzerMutate(data, size, most);
  const bool png = std::strstr(chosen->name, "png") != nullptr;
  if (png && seed % 8 != 0) mend_png(data, changed);
  return changed;
}
