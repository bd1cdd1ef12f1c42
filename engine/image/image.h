// A decoded picture: 8-bit RGB, upright (its orientation already applied).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/image/levels.h"

namespace vit {

struct Image {
  int width = 0;                          // px
  int height = 0;                         // px
  std::vector<std::uint8_t> rgb;          // (height, width, 3), row-major
  std::string name;                       // where it came from, for captions and messages
  std::string profile = {};               // the file's colour profile where it is not sRGB: "Display P3", …
  std::vector<std::string> remarks = {};  // sentences on what the file has and the pixels do not show
  std::optional<ValueSpan> levels = {};   // what became black and white, where that is not as stored
  std::optional<ValueRange> stored = {};  // the file's values, where it has more than 8 bits or levels were chosen

  const std::uint8_t* pixel(int x, int y) const { return rgb.data() + 3 * (static_cast<std::size_t>(y) * width + x); }
  bool operator==(const Image&) const = default;
};

/// "0 to 4,095 of 65,535", for captions; empty where its levels are as stored.
std::string shown_levels(const Image& image);

/// How a picture is read where there is a choice. The defaults are what the reference pipelines do.
struct ImageReading {
  bool applies_profile = false;  // a colour profile that is not sRGB is converted to sRGB, behind the levels
  Levels levels = {};
  bool operator==(const ImageReading&) const = default;
};

/// Reads JPEG, PNG, WebP, TIFF, GIF, BMP, TGA, PSD (the merged picture in RGB), PNM, and HEIC and AVIF where the
/// program was built with libheif and libavif; of several frames or pages the first. Pixels are those of PIL's
/// `exif_transpose` and `convert("RGB")`, to the last bit: alpha is dropped, 16-bit colours keep their high byte, inks
/// are converted without a profile. Grey of 16 bits keeps its high byte, too, where PIL cuts it off at 255; other
/// levels are taken of all 16. Throws Error for a file that is missing, truncated, damaged, of another kind (named for
/// what it is) or larger than 120 megapixels.
Image load_image(const std::filesystem::path& file, const ImageReading& reading = {});

/// The same from memory; `name` stands for the file in messages.
Image decode_image(std::span<const std::byte> bytes, const std::string& name, const ImageReading& reading = {});

}  // namespace vit
