// Numbers of either byte order out of a file's bytes, for what picks headers apart.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace vit {

/// Whether `text` stands at that offset; false beyond the end.
inline bool has_at(std::span<const std::byte> bytes, std::size_t offset, std::string_view text) {
  if (bytes.size() < text.size() || offset > bytes.size() - text.size()) return false;
  return std::equal(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset),
                    [](char a, std::byte b) { return static_cast<unsigned char>(a) == std::to_integer<unsigned>(b); });
}

/// The caller sees to it that these bytes are there; at most 4.
inline std::uint32_t little(std::span<const std::byte> bytes, std::size_t offset, int width) {
  std::uint32_t value = 0;
  for (int i = width - 1; i >= 0; --i)
    value = value << 8 | std::to_integer<std::uint32_t>(bytes[offset + static_cast<std::size_t>(i)]);
  return value;
}

inline std::uint32_t big(std::span<const std::byte> bytes, std::size_t offset, int width) {
  std::uint32_t value = 0;
  for (int i = 0; i < width; ++i)
    value = value << 8 | std::to_integer<std::uint32_t>(bytes[offset + static_cast<std::size_t>(i)]);
  return value;
}

}  // namespace vit
