#include "engine/image/exif.h"

#include <cstdint>
#include <optional>
#include <utility>

namespace vit {
namespace {

constexpr std::uint32_t kOrientationTag = 0x0112;
constexpr std::uint32_t kTypeShort = 3;
constexpr std::uint32_t kTypeLong = 4;

/// Reads numbers of either byte order out of a TIFF block; nothing outside it is ever touched.
class TiffReader {
 public:
  TiffReader(std::span<const std::byte> bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  std::optional<std::uint32_t> number(std::size_t offset, int width) const {
    if (offset > bytes_.size() || bytes_.size() - offset < static_cast<std::size_t>(width)) return std::nullopt;
    std::uint32_t value = 0;
    for (int i = 0; i < width; ++i) {
      const auto index = offset + static_cast<std::size_t>(big_endian_ ? i : width - 1 - i);
      value = value << 8 | std::to_integer<std::uint32_t>(bytes_[index]);
    }
    return value;
  }

 private:
  std::span<const std::byte> bytes_;
  bool big_endian_;
};

std::optional<std::uint32_t> find_orientation(const TiffReader& tiff) {
  const auto magic = tiff.number(2, 2);
  const auto directory = tiff.number(4, 4);
  if (!magic || *magic != 42 || !directory) return std::nullopt;
  const auto entries = tiff.number(*directory, 2);
  if (!entries) return std::nullopt;
  for (std::uint32_t i = 0; i < *entries; ++i) {
    const std::size_t entry = std::size_t{*directory} + 2 + std::size_t{12} * i;
    const auto tag = tiff.number(entry, 2);
    const auto type = tiff.number(entry + 2, 2);
    if (!tag || !type) return std::nullopt;
    if (*tag != kOrientationTag) continue;
    if (*type == kTypeShort) return tiff.number(entry + 8, 2);
    if (*type == kTypeLong) return tiff.number(entry + 8, 4);
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

int exif_orientation(std::span<const std::byte> tiff) {
  if (tiff.size() < 8) return 1;
  const char order = std::to_integer<char>(tiff[0]);
  if ((order != 'I' && order != 'M') || tiff[1] != tiff[0]) return 1;
  const auto value = find_orientation(TiffReader(tiff, order == 'M'));
  return value && *value >= 1 && *value <= 8 ? static_cast<int>(*value) : 1;
}

Image upright(Image stored, int orientation) {
  if (orientation <= 1 || orientation > 8) return stored;
  const bool swaps_sides = orientation >= 5;
  const int w = stored.width, h = stored.height;
  Image out;
  out.width = swaps_sides ? h : w;
  out.height = swaps_sides ? w : h;
  out.rgb.resize(stored.rgb.size());
  std::uint8_t* to = out.rgb.data();
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x, to += 3) {
      int from_x = swaps_sides ? y : x, from_y = swaps_sides ? x : y;
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) from_x = w - 1 - from_x;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) from_y = h - 1 - from_y;
      const std::uint8_t* from = stored.pixel(from_x, from_y);
      for (int c = 0; c < 3; ++c) to[c] = from[c];
    }
  }
  out.name = std::move(stored.name);
  return out;
}

}  // namespace vit
