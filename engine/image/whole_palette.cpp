#include "engine/image/whole_palette.h"

#include <algorithm>
#include <cstdint>

#include "engine/image/byte_order.h"

namespace vit {
namespace {

using Bytes = std::span<const std::byte>;
constexpr std::size_t kColours = 256;

/// A copy whose palette, `used` colours of `width` bytes that end at `end`, goes on to the last colour.
std::vector<std::byte> extended(Bytes bytes, std::size_t end, std::size_t used, std::size_t width) {
  std::vector<std::byte> whole(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(end));
  whole.reserve(bytes.size() + kColours * width);
  for (std::size_t colour = used; colour < kColours; ++colour) whole.insert(whole.end(), width, std::byte(colour));
  whole.insert(whole.end(), bytes.begin() + static_cast<std::ptrdiff_t>(end), bytes.end());
  return whole;
}

std::vector<std::byte> whole_png(Bytes bytes) {
  constexpr std::size_t kColourType = 25;
  constexpr std::uint32_t kIndexed = 3;
  if (bytes.size() <= kColourType || big(bytes, kColourType, 1) != kIndexed) return {};
  for (std::size_t at = 8; at + 12 <= bytes.size();) {
    const std::size_t length = big(bytes, at, 4);
    if (length > bytes.size() - at - 12) return {};
    if (has_at(bytes, at + 4, "PLTE")) {
      if (length == 0 || length >= 3 * kColours || length % 3 != 0) return {};
      std::vector<std::byte> whole = extended(bytes, at + 8 + length, length / 3, 3);
      whole[at + 2] = std::byte{3};  // 768 bytes; stb_image does not read the check sum
      whole[at + 3] = std::byte{0};
      return whole;
    }
    at += 12 + length;
  }
  return {};
}

std::vector<std::byte> whole_bmp(Bytes bytes) {
  constexpr std::size_t kFileHeader = 14, kOldHeader = 12;
  if (bytes.size() < kFileHeader + 40) return {};
  const std::size_t pixels = little(bytes, 10, 4), header = little(bytes, kFileHeader, 4);
  const std::size_t width = header == kOldHeader ? 3 : 4;
  if (little(bytes, header == kOldHeader ? 24 : 28, 2) > 8) return {};
  if (header > bytes.size() || pixels > bytes.size() || pixels < kFileHeader + header) return {};
  const std::size_t used = (pixels - kFileHeader - header) / width;
  if (used == 0 || used >= kColours) return {};
  std::vector<std::byte> whole = extended(bytes, kFileHeader + header + used * width, used, width);
  const std::size_t moved = pixels + (kColours - used) * width;
  for (std::size_t i = 0; i < 4; ++i) whole[10 + i] = static_cast<std::byte>(moved >> (8 * i) & 255);
  return whole;
}

}  // namespace

std::vector<std::byte> with_whole_palette(Bytes bytes, ImageFormat format) {
  if (format == ImageFormat::png) return whole_png(bytes);
  if (format == ImageFormat::bmp) return whole_bmp(bytes);
  return {};
}

}  // namespace vit
