// The decoders, one for each library: from a file's bytes to pixels as they are stored, what they say beside, or one
// sentence. All of them check the size that a header states before they ask for memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/image/image.h"
#include "engine/image/image_format.h"

namespace vit {

/// A file in memory; the name stands for it in messages.
struct PictureFile {
  std::span<const std::byte> bytes;
  const std::string& name;
  ImageFormat format;
  bool keeps_values = false;  // what a file of more than 8 bits has is wanted, too: see StoredValues
};

/// The values of a file whose picture does not show all of them; where there are none, its levels are the values.
struct StoredValues {
  std::uint32_t most = 255;         // the largest that could be
  int channels = 3;                 // 1: grey
  bool seen = false;                // the range is that of the file's values
  std::vector<std::uint16_t> kept;  // (height, width, channels), if they are wanted

  /// Without `kept`: the value that a level of the picture stands for.
  std::uint32_t value_of(std::uint8_t level) const { return level * most / 255; }
};

struct Decoded {
  Image image;                     // as stored, not turned; without a name
  int orientation = 1;             // 1 … 8, as EXIF counts
  std::vector<std::byte> profile;  // ICC colour profile, or empty
  StoredValues stored = {};
};

/// Of a file of more than 8 bits: notes the range of its values while they are read, and keeps them if that is wanted.
class ValueCollector {
 public:
  ValueCollector(const PictureFile& file, std::uint32_t most, int channels, std::size_t count);
  void put(std::size_t at, std::uint16_t value) {
    least_ = std::min<std::uint32_t>(least_, value);
    greatest_ = std::max<std::uint32_t>(greatest_, value);
    if (!values_.kept.empty()) values_.kept[at] = value;
  }
  /// Hands all of it over.
  void finish(Decoded& decoded);

 private:
  StoredValues values_;
  std::uint32_t least_ = kLargestValue, greatest_ = 0;
};

/// Draws the picture anew with the levels that are asked for, and says which these are; as stored, it says what is not
/// seen. Throws Error for levels that lie outside of the file's values.
void apply_levels(Decoded& decoded, const Levels& levels, const std::string& name);

/// 8-bit RGB as PIL's `convert("RGB")` makes it, to the last bit. Throw Error for a file that is damaged, ends too
/// early, holds what the format has and Headlight does not read, or is too large.
Decoded decode_jpeg(const PictureFile& file);  // libjpeg-turbo
Decoded decode_webp(const PictureFile& file);  // libwebp
Decoded decode_tiff(const PictureFile& file);  // libtiff
Decoded decode_heif(const PictureFile& file);  // libheif: HEIC
Decoded decode_avif(const PictureFile& file);  // libavif
Decoded decode_gif(const PictureFile& file);   // giflib
Decoded decode_pnm(const PictureFile& file);   // its own
Decoded decode_stb(const PictureFile& file);   // stb_image: PNG, BMP, TGA, PSD

/// Pixels of this size, all black. Throws Error for a size without pixels or above the limit.
Image blank_image(std::int64_t width, std::int64_t height, const std::string& name);
/// The same check without the memory.
void check_size(std::int64_t width, std::int64_t height, const std::string& name);

[[noreturn]] void refuse_cut_off(const PictureFile& file);
[[noreturn]] void refuse_damaged(const PictureFile& file, const std::string& reason);

/// What libraries say ends in all sorts of ways: without full stops and line ends.
std::string without_end(std::string_view sentence);

/// (level · other + 127) / 255, rounded as PIL rounds it.
inline std::uint8_t scaled_level(unsigned level, unsigned other) {
  const unsigned product = level * other + 128;
  return static_cast<std::uint8_t>((product + (product >> 8)) >> 8);
}

/// Ink, 255 is all of it, to light as PIL does without a profile: (1 - ink) · (1 - black).
inline void rgb_of_inks(const std::uint8_t* cmyk, std::uint8_t* rgb) {
  const unsigned light = 255u - cmyk[3];
  for (int c = 0; c < 3; ++c) rgb[c] = static_cast<std::uint8_t>(light - scaled_level(cmyk[c], light));
}

}  // namespace vit
