// What a PNG file says beside its pixels: which way up, and in which colours.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace vit {

struct PngMetadata {
  std::vector<std::byte> exif;     // from an eXIf chunk, or from the text that ImageMagick writes, or empty
  std::vector<std::byte> xmp;      // or empty
  std::vector<std::byte> profile;  // ICC, or empty
};

/// Puts zlib's data back into full length; nothing where they are damaged or longer than `most`.
using Inflate = std::vector<std::byte> (*)(std::span<const std::byte> packed, std::size_t most);

/// Chunks that make no sense are passed over: no picture is refused for them.
PngMetadata png_metadata(std::span<const std::byte> bytes, Inflate inflate);

}  // namespace vit
