#include "engine/image/exif.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace vit {
namespace {

constexpr std::uint32_t kOrientationTag = 0x0112;
constexpr std::uint32_t kTypeShort = 3, kTypeSignedShort = 8;
constexpr std::uint32_t kTypeLong = 4, kTypeSignedLong = 9;

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
    if (*type == kTypeShort || *type == kTypeSignedShort) return tiff.number(entry + 8, 2);
    if (*type == kTypeLong || *type == kTypeSignedLong) return tiff.number(entry + 8, 4);
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> orientation_of_tiff(std::span<const std::byte> tiff) {
  if (tiff.size() < 8) return std::nullopt;
  const char order = std::to_integer<char>(tiff[0]);
  if ((order != 'I' && order != 'M') || tiff[1] != tiff[0]) return std::nullopt;
  return find_orientation(TiffReader(tiff, order == 'M'));
}

/// Some programs write JPEG's head of EXIF data before those of other formats, too, or twice.
std::span<const std::byte> without_heads(std::span<const std::byte> exif) {
  constexpr std::string_view kHead{"Exif\0\0", 6};
  for (int i = 0; i < 2 && exif.size() >= kHead.size(); ++i) {
    if (std::string_view(reinterpret_cast<const char*>(exif.data()), kHead.size()) != kHead) break;
    exif = exif.subspan(kHead.size());
  }
  return exif;
}

/// As an attribute, tiff:Orientation="6", or as an element, <tiff:Orientation>6</…>.
std::optional<std::uint32_t> orientation_of_xmp(std::string_view xmp) {
  constexpr std::string_view kName = "tiff:Orientation";
  for (auto at = xmp.find(kName); at != std::string_view::npos; at = xmp.find(kName, at + 1)) {
    std::string_view rest = xmp.substr(at + kName.size());
    if (rest.substr(0, 2) == "=\"")
      rest.remove_prefix(2);
    else if (rest.substr(0, 1) == ">")
      rest.remove_prefix(1);
    else
      continue;
    if (!rest.empty() && rest[0] >= '0' && rest[0] <= '9') return static_cast<std::uint32_t>(rest[0] - '0');
  }
  return std::nullopt;
}

}  // namespace

int exif_orientation(std::span<const std::byte> tiff) {
  return orientation_in(tiff, {});
}

int orientation_in(std::span<const std::byte> exif, std::span<const std::byte> xmp) {
  auto value = orientation_of_tiff(without_heads(exif));
  if (!value) value = orientation_of_xmp({reinterpret_cast<const char*>(xmp.data()), xmp.size()});
  return value && *value >= 1 && *value <= 8 ? static_cast<int>(*value) : 1;
}

Image upright(Image stored, int orientation) {
  if (orientation <= 1 || orientation > 8) return stored;
  const bool swaps_sides = orientation >= 5;
  const int w = stored.width, h = stored.height;
  const int out_width = swaps_sides ? h : w, out_height = swaps_sides ? w : h;
  std::vector<std::uint8_t> turned(stored.rgb.size());
  std::uint8_t* to = turned.data();
  for (int y = 0; y < out_height; ++y) {
    for (int x = 0; x < out_width; ++x, to += 3) {
      int from_x = swaps_sides ? y : x, from_y = swaps_sides ? x : y;
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) from_x = w - 1 - from_x;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) from_y = h - 1 - from_y;
      const std::uint8_t* from = stored.pixel(from_x, from_y);
      for (int c = 0; c < 3; ++c) to[c] = from[c];
    }
  }
  stored.rgb = std::move(turned);
  stored.width = out_width;
  stored.height = out_height;
  return stored;
}

}  // namespace vit
