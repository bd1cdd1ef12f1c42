#include "engine/image/image_layout.h"

#include <algorithm>
#include <cstdlib>

#include "engine/image/byte_order.h"

namespace vit {
namespace {

using Bytes = std::span<const std::byte>;

ImageLayout png_layout(Bytes bytes) {
  ImageLayout layout;
  std::size_t at = 8;
  while (bytes.size() - at >= 12) {
    const std::size_t length = big(bytes, at, 4);
    if (bytes.size() - at - 12 < length) return layout;
    if (has_at(bytes, at + 4, "IHDR") && length >= 8) {
      layout.width = big(bytes, at + 8, 4);
      layout.height = big(bytes, at + 12, 4);
    }
    if (has_at(bytes, at + 4, "IEND")) {
      layout.complete = true;
      return layout;
    }
    at += 12 + length;
  }
  return layout;
}

ImageLayout bmp_layout(Bytes bytes) {
  ImageLayout layout;
  if (bytes.size() < 30) return layout;
  const std::int64_t data_offset = little(bytes, 10, 4);
  const bool os2 = little(bytes, 14, 4) == 12;
  const auto side = [&](std::size_t offset) -> std::int64_t {
    if (os2) return little(bytes, offset, 2);
    return std::abs(static_cast<std::int64_t>(static_cast<std::int32_t>(little(bytes, offset, 4))));
  };
  layout.width = side(18);
  layout.height = side(os2 ? 20 : 22);
  const std::int64_t bits = little(bytes, os2 ? 24 : 28, 2);
  const std::int64_t row_bytes = (layout.width * bits + 31) / 32 * 4;
  const auto available = static_cast<std::int64_t>(bytes.size()) - data_offset;
  layout.complete = layout.height == 0 || row_bytes <= available / layout.height;
  return layout;
}

/// Whether the run-length packets from `at` on hold `pixels` pixels.
bool tga_runs_are_complete(Bytes bytes, std::size_t at, std::uint64_t pixels, std::size_t pixel_bytes) {
  while (pixels > 0) {
    if (at >= bytes.size()) return false;
    const std::uint32_t head = little(bytes, at, 1);
    const std::uint64_t count = (head & 127) + 1;
    at += 1 + (head & 128 ? 1 : static_cast<std::size_t>(count)) * pixel_bytes;
    pixels -= std::min(pixels, count);
  }
  return at <= bytes.size();
}

ImageLayout tga_layout(Bytes bytes) {
  ImageLayout layout;
  if (bytes.size() < 18) return layout;
  const std::size_t palette_bytes =
      little(bytes, 1, 1) == 1 ? little(bytes, 5, 2) * ((little(bytes, 7, 1) + 7) / 8) : 0;
  const std::size_t start = 18 + little(bytes, 0, 1) + palette_bytes;
  const std::size_t pixel_bytes = (little(bytes, 16, 1) + 7) / 8;
  layout.width = little(bytes, 12, 2);
  layout.height = little(bytes, 14, 2);
  const auto pixels = static_cast<std::uint64_t>(layout.width * layout.height);
  const bool run_length = little(bytes, 2, 1) >= 8;
  layout.complete = run_length ? tga_runs_are_complete(bytes, start, pixels, pixel_bytes)
                               : start + pixels * pixel_bytes <= bytes.size();
  return layout;
}

/// A header of 26 bytes, three sections that state their lengths, and the merged picture, channel after channel.
ImageLayout psd_layout(Bytes bytes) {
  ImageLayout layout;
  if (bytes.size() < 26) return layout;
  const std::uint64_t channels = big(bytes, 12, 2), level_bytes = (big(bytes, 22, 2) + 7) / 8;
  layout.height = big(bytes, 14, 4);
  layout.width = big(bytes, 18, 4);
  std::size_t at = 26;
  for (int section = 0; section < 3; ++section) {
    if (bytes.size() - at < 4) return layout;
    const std::size_t length = big(bytes, at, 4);
    if (bytes.size() - at - 4 < length) return layout;
    at += 4 + length;
  }
  if (bytes.size() - at < 2) return layout;
  const bool packed = big(bytes, at, 2) == 1;
  at += 2;
  const std::uint64_t rows = channels * static_cast<std::uint64_t>(layout.height), left = bytes.size() - at;
  if (!packed) {
    const std::uint64_t row_bytes = static_cast<std::uint64_t>(layout.width) * level_bytes;
    layout.complete = row_bytes == 0 || rows <= left / row_bytes;
    return layout;
  }
  if (rows > left / 2) return layout;
  std::uint64_t packed_bytes = 2 * rows;
  for (std::uint64_t row = 0; row < rows; ++row) packed_bytes += big(bytes, at + static_cast<std::size_t>(2 * row), 2);
  layout.complete = packed_bytes <= left;
  return layout;
}

}  // namespace

ImageLayout layout_of(ImageFormat format, std::span<const std::byte> bytes) {
  if (format == ImageFormat::png) return png_layout(bytes);
  if (format == ImageFormat::bmp) return bmp_layout(bytes);
  if (format == ImageFormat::tga) return tga_layout(bytes);
  if (format == ImageFormat::psd) return psd_layout(bytes);
  return {};
}

}  // namespace vit
