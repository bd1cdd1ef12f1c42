#include "engine/image/image_format.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/base/lower.h"

namespace vit {
namespace {

using Bytes = std::span<const std::byte>;

bool has_at(Bytes bytes, std::size_t offset, std::string_view text) {
  if (bytes.size() < offset + text.size()) return false;
  return std::equal(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset),
                    [](char a, std::byte b) { return static_cast<unsigned char>(a) == std::to_integer<unsigned>(b); });
}

std::uint32_t u8(Bytes bytes, std::size_t offset) {
  return std::to_integer<std::uint32_t>(bytes[offset]);
}

std::uint32_t little(Bytes bytes, std::size_t offset, int width) {
  std::uint32_t value = 0;
  for (int i = width - 1; i >= 0; --i) value = value << 8 | u8(bytes, offset + static_cast<std::size_t>(i));
  return value;
}

std::uint32_t big(Bytes bytes, std::size_t offset, int width) {
  std::uint32_t value = 0;
  for (int i = 0; i < width; ++i) value = value << 8 | u8(bytes, offset + static_cast<std::size_t>(i));
  return value;
}

std::string lower_extension(const std::string& name) {
  const auto dot = name.rfind('.');
  return dot == std::string::npos ? "" : lower(name.substr(dot + 1));
}

constexpr std::string_view kTgaFooter{"TRUEVISION-XFILE.\0", 18};

/// Markers from the first to the end-of-image marker; entropy-coded data lies between a scan's header and the next.
ImageLayout jpeg_layout(Bytes bytes) {
  ImageLayout layout;
  std::size_t at = 2;
  while (at + 1 < bytes.size()) {
    if (u8(bytes, at) != 0xFF) {
      ++at;
      continue;
    }
    const std::uint32_t marker = u8(bytes, at + 1);
    if (marker == 0xFF) {  // fill byte
      ++at;
      continue;
    }
    at += 2;
    if (marker == 0xD9) {
      layout.complete = true;
      return layout;
    }
    const bool stands_alone = marker == 0x00 || marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8);
    if (stands_alone) continue;
    if (at + 2 > bytes.size()) return layout;
    const std::size_t length = big(bytes, at, 2);
    if (length < 2 || bytes.size() - at < length) return layout;
    const bool is_frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (is_frame && length >= 7) {
      layout.height = big(bytes, at + 3, 2);
      layout.width = big(bytes, at + 5, 2);
    }
    constexpr std::string_view kExif{"Exif\0\0", 6};
    if (marker == 0xE1 && layout.exif.empty() && has_at(bytes.first(at + length), at + 2, kExif))
      layout.exif = bytes.subspan(at + 8, length - 8);
    at += length;
  }
  return layout;
}

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
    if (has_at(bytes, at + 4, "eXIf")) layout.exif = bytes.subspan(at + 8, length);
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
    const std::uint32_t head = u8(bytes, at);
    const std::uint64_t count = (head & 127) + 1;
    at += 1 + (head & 128 ? 1 : static_cast<std::size_t>(count)) * pixel_bytes;
    pixels -= std::min(pixels, count);
  }
  return at <= bytes.size();
}

ImageLayout tga_layout(Bytes bytes) {
  ImageLayout layout;
  if (bytes.size() < 18) return layout;
  const std::size_t palette_bytes = u8(bytes, 1) == 1 ? little(bytes, 5, 2) * ((u8(bytes, 7) + 7) / 8) : 0;
  const std::size_t start = 18 + u8(bytes, 0) + palette_bytes;
  const std::size_t pixel_bytes = (u8(bytes, 16) + 7) / 8;
  layout.width = little(bytes, 12, 2);
  layout.height = little(bytes, 14, 2);
  const auto pixels = static_cast<std::uint64_t>(layout.width * layout.height);
  const bool run_length = u8(bytes, 2) >= 8;
  layout.complete = run_length ? tga_runs_are_complete(bytes, start, pixels, pixel_bytes)
                               : start + pixels * pixel_bytes <= bytes.size();
  return layout;
}

struct Signature {
  std::size_t offset;
  std::string_view text;
  const char* kind;
};

using namespace std::string_view_literals;
constexpr std::array kSignatures = {
    Signature{8, "WEBP"sv, "a WebP picture"},
    Signature{0, "GIF8"sv, "a GIF picture"},
    Signature{0, "II*\0"sv, "a TIFF or camera raw picture"},
    Signature{0, "MM\0*"sv, "a TIFF or camera raw picture"},
    Signature{0, "II+\0"sv, "a BigTIFF picture"},
    Signature{0, "MM\0+"sv, "a BigTIFF picture"},
    Signature{4, "ftyphei"sv, "a HEIC picture"},
    Signature{4, "ftyphev"sv, "a HEIC picture"},
    Signature{4, "ftypmif1"sv, "a HEIC or AVIF picture"},
    Signature{4, "ftypmsf1"sv, "a HEIC or AVIF picture"},
    Signature{4, "ftypavi"sv, "an AVIF picture"},
    Signature{4, "ftypcrx"sv, "a Canon raw picture"},
    Signature{4, "ftyp"sv, "a video"},
    Signature{0, "\xFF\x0A"sv, "a JPEG XL picture"},
    Signature{4, "JXL \r\n"sv, "a JPEG XL picture"},
    Signature{4, "jP  \r\n"sv, "a JPEG 2000 picture"},
    Signature{0, "\xFF\x4F\xFF\x51"sv, "a JPEG 2000 picture"},
    Signature{0, "%PDF"sv, "a PDF document"},
    Signature{0, "8BPS"sv, "a Photoshop picture"},
    Signature{0, "<svg"sv, "an SVG drawing"},
    Signature{0, "<?xml"sv, "an XML file"},
    Signature{0, "qoif"sv, "a QOI picture"},
    Signature{0, "\x76\x2f\x31\x01"sv, "an OpenEXR picture"},
    Signature{0, "#?RADIANCE"sv, "a Radiance HDR picture"},
    Signature{0, "DDS "sv, "a DDS texture"},
    Signature{0, "\0\0\1\0"sv, "an icon file"},
    Signature{0, "P5"sv, "a PNM picture"},
    Signature{0, "P6"sv, "a PNM picture"},
    Signature{0, "PK\3\4"sv, "a zip archive"},
};

}  // namespace

std::optional<ImageFormat> readable_format(std::span<const std::byte> bytes, const std::string& name) {
  if (has_at(bytes, 0, "\xFF\xD8\xFF")) return ImageFormat::jpeg;
  if (has_at(bytes, 0, "\x89PNG\r\n\x1A\n")) return ImageFormat::png;
  if (has_at(bytes, 0, "BM")) return ImageFormat::bmp;
  const bool has_footer = bytes.size() >= 18 && has_at(bytes, bytes.size() - 18, kTgaFooter);
  if (has_footer || lower_extension(name) == "tga") return ImageFormat::tga;
  return std::nullopt;
}

std::optional<std::string> unreadable_kind(std::span<const std::byte> bytes) {
  for (const Signature& signature : kSignatures)
    if (has_at(bytes, signature.offset, signature.text)) return signature.kind;
  return std::nullopt;
}

ImageLayout layout_of(ImageFormat format, std::span<const std::byte> bytes) {
  switch (format) {
    case ImageFormat::jpeg:
      return jpeg_layout(bytes);
    case ImageFormat::png:
      return png_layout(bytes);
    case ImageFormat::bmp:
      return bmp_layout(bytes);
    case ImageFormat::tga:
      return tga_layout(bytes);
  }
  return {};
}

}  // namespace vit
