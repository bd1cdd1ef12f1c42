// A decoded picture: 8-bit RGB, upright (EXIF orientation already applied).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace vit {

struct Image {
  int width = 0;                  // px
  int height = 0;                 // px
  std::vector<std::uint8_t> rgb;  // (height, width, 3), row-major
  std::string name;               // where it came from, for captions and messages

  const std::uint8_t* pixel(int x, int y) const { return rgb.data() + 3 * (static_cast<std::size_t>(y) * width + x); }
  bool operator==(const Image&) const = default;
};

/// Reads JPEG, PNG (any bit depth, palette, grey, alpha), BMP and TGA. Alpha is dropped and 16-bit channels keep their
/// high byte, as PIL's `convert("RGB")` does. Throws Error for a file that is missing, truncated, of another kind
/// (WebP, HEIC, GIF, … are named for what they are) or larger than 100 megapixels.
Image load_image(const std::filesystem::path& file);

/// The same from memory; `name` stands for the file in messages.
Image decode_image(std::span<const std::byte> bytes, const std::string& name);

}  // namespace vit
