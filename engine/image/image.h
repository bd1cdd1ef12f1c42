// A decoded picture: 8-bit RGB, upright (its orientation already applied).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace vit {

struct Image {
  int width = 0;                          // px
  int height = 0;                         // px
  std::vector<std::uint8_t> rgb;          // (height, width, 3), row-major
  std::string name;                       // where it came from, for captions and messages
  std::string profile = {};               // the file's colour profile where it is not sRGB: "Display P3", …
  std::vector<std::string> remarks = {};  // sentences on what the file has and the pixels do not show

  const std::uint8_t* pixel(int x, int y) const { return rgb.data() + 3 * (static_cast<std::size_t>(y) * width + x); }
  bool operator==(const Image&) const = default;
};

/// What becomes of a colour profile that is not sRGB. The reference pipelines ignore it.
enum class ColorManagement : std::uint8_t { ignore_profile, convert_to_srgb };

/// Reads JPEG, PNG, WebP, TIFF, GIF, BMP, TGA, PSD (the merged picture in RGB), PNM, and HEIC and AVIF where the
/// program was built with libheif and libavif; of several frames or pages the first. Pixels are those of PIL's
/// `exif_transpose` and `convert("RGB")`, to the last bit: alpha is dropped, 16-bit colours keep their high byte, inks
/// are converted without a profile. Grey of 16 bits keeps its high byte, too, where PIL cuts it off at 255. Throws
/// Error for a file that is missing, truncated, damaged, of another kind (named for what it is) or larger than 120
/// megapixels.
Image load_image(const std::filesystem::path& file, ColorManagement management = ColorManagement::ignore_profile);

/// The same from memory; `name` stands for the file in messages.
Image decode_image(std::span<const std::byte> bytes, const std::string& name,
                   ColorManagement management = ColorManagement::ignore_profile);

}  // namespace vit
