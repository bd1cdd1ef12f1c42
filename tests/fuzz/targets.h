// What is fuzzed: every reader of bytes that come from strangers, under a name each.
#pragma once

#include <cstddef>
#include <span>

namespace fuzz {

struct Target {
  const char* name;  // of its folder in tests/fuzz/corpus, too
  /// Reads the bytes and throws nothing: vit::Error, a sentence for the user, is what a bad file is meant to end in.
  /// Anything else ends the process.
  void (*read)(std::span<const std::byte> bytes) noexcept;
  const char* dictionary;  // a file of tests/fuzz/dictionaries, or null
};

std::span<const Target> targets();
const Target* target_named(const char* name);  // or null

}  // namespace fuzz
