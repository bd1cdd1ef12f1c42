// Files for one process that fuzzes, in memory where the system has such a folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace fuzz {

using Bytes = std::span<const std::byte>;

inline std::string text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The process's own folder, which goes when the process ends.
const std::filesystem::path& scratch();
/// A file of the folder, written anew.
std::filesystem::path file_of(const std::string& name, Bytes bytes);
std::filesystem::path file_of(const std::string& name, const std::string& text);

/// The sum that zip and PNG files use (ISO 3309).
std::uint32_t sum_of(Bytes bytes);

/// A zip file of entries that are not packed, with the right sums: what a fuzzer alone would not find.
std::string zip_of(const std::vector<std::pair<std::string, std::string>>& entries);

/// The smallest network that opens: timm's names, 4 channels, one block, 2×2 patches of 2 px.
const std::string& small_network();

}  // namespace fuzz
