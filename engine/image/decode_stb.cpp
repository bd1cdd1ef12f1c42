// PNG, BMP, TGA and PSD by stb_image.
#include <limits>
#include <memory>

#include "engine/base/error.h"
#include "engine/image/animation_parts.h"
#include "engine/image/byte_order.h"
#include "engine/image/decoders.h"
#include "engine/image/exif.h"
#include "engine/image/image_layout.h"
#include "engine/image/png_metadata.h"
#include "engine/image/whole_palette.h"

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_ONLY_TGA
#define STBI_ONLY_PSD
#define STBI_NO_STDIO
#define STBI_FAILURE_USERMSG
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#ifndef __clang__  // of fields that only callbacks read, and there are none
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

namespace vit {
namespace {

struct FreePixels {
  void operator()(void* pixels) const noexcept { stbi_image_free(pixels); }
};
using StbPixels = std::unique_ptr<stbi_uc, FreePixels>;

[[noreturn]] void refuse_unread(const PictureFile& file) {
  const char* reason = stbi_failure_reason();
  refuse_damaged(file, without_end(reason != nullptr ? reason : "for an unknown reason"));
}

StbPixels load(const PictureFile& file, int channels, int& width, int& height) {
  const std::vector<std::byte> whole = with_whole_palette(file.bytes, file.format);
  const std::span<const std::byte> bytes = whole.empty() ? file.bytes : std::span<const std::byte>(whole);
  int stored = 0;
  StbPixels pixels(stbi_load_from_memory(reinterpret_cast<const stbi_uc*>(bytes.data()), static_cast<int>(bytes.size()),
                                         &width, &height, &stored, channels));
  if (pixels) return pixels;
  refuse_unread(file);
}

std::vector<std::byte> inflate(std::span<const std::byte> packed, std::size_t most) {
  constexpr std::size_t kLargestRatio = 1032;  // of zlib's format
  std::vector<std::byte> out(std::min(most, packed.size() * kLargestRatio + 1));
  const int size =
      stbi_zlib_decode_buffer(reinterpret_cast<char*>(out.data()), static_cast<int>(out.size()),
                              reinterpret_cast<const char*>(packed.data()), static_cast<int>(packed.size()));
  out.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return out;
}

/// stb_image takes white out of half-transparent pixels of a PSD file; PIL leaves them, and so must this.
void refuse_half_transparent(const PictureFile& file) {
  if (big(file.bytes, 12, 2) < 4) return;
  int width = 0, height = 0;
  const StbPixels rgba = load(file, STBI_rgb_alpha, width, height);
  const std::size_t count = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  for (std::size_t i = 0; i < count; ++i)
    if (const stbi_uc alpha = rgba.get()[4 * i + 3]; alpha != 0 && alpha != 255)
      throw Error(file.name +
                  " is a Photoshop picture with half-transparent pixels, which Headlight does not read; "
                  "flatten it, or save it as PNG.");
}

bool has_16_bits(const PictureFile& file) {
  return (file.format == ImageFormat::png || file.format == ImageFormat::psd) &&
         stbi_is_16_bit_from_memory(reinterpret_cast<const stbi_uc*>(file.bytes.data()),
                                    static_cast<int>(file.bytes.size())) != 0;
}

bool is_grey_png(const PictureFile& file) {
  return file.format == ImageFormat::png && file.bytes.size() > 25 && (big(file.bytes, 25, 1) & 2) == 0;
}

/// The picture shows the upper byte of each value.
void read_16_bits(const PictureFile& file, Decoded& decoded) {
  Image& image = decoded.image;
  const int channels = is_grey_png(file) ? 1 : 3;
  int stored = 0;
  const std::unique_ptr<stbi_us, FreePixels> values(
      stbi_load_16_from_memory(reinterpret_cast<const stbi_uc*>(file.bytes.data()), static_cast<int>(file.bytes.size()),
                               &image.width, &image.height, &stored, channels));
  if (!values) refuse_unread(file);
  const std::size_t pixels = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
  const auto stride = static_cast<std::size_t>(channels);
  image.rgb.resize(3 * pixels);
  ValueCollector collector(file, kLargestValue, channels, pixels);
  for (std::size_t i = 0; i < pixels; ++i)
    for (std::size_t c = 0; c < 3; ++c) {
      const std::size_t at = i * stride + (channels == 3 ? c : 0);
      collector.put(at, values.get()[at]);
      image.rgb[3 * i + c] = static_cast<std::uint8_t>(values.get()[at] >> 8);
    }
  collector.finish(decoded);
}

}  // namespace

Decoded decode_stb(const PictureFile& file) {
  if (file.bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw Error(file.name + " is larger than 2 GB, too large for a picture; choose a smaller one.");
  // stb_image pads missing data with zeros and carries on, so that a cut-off file would pass for a picture.
  const ImageLayout layout = layout_of(file.format, file.bytes);
  if (!layout.complete) refuse_cut_off(file);
  check_size(layout.width, layout.height, file.name);
  if (file.format == ImageFormat::psd) refuse_half_transparent(file);

  Decoded decoded;
  Image& image = decoded.image;
  if (has_16_bits(file)) {
    read_16_bits(file, decoded);
  } else {
    const StbPixels pixels = load(file, STBI_rgb, image.width, image.height);
    const std::size_t bytes = std::size_t{3} * static_cast<std::size_t>(image.width) * image.height;
    image.rgb.assign(pixels.get(), pixels.get() + bytes);
  }
  if (file.format == ImageFormat::png) {
    Decoded words = png_words(file);
    decoded.orientation = words.orientation;
    decoded.profile = std::move(words.profile);
    if (is_animated_png(file.bytes)) image.remarks.emplace_back("The file is an animation: this is its first frame.");
  }
  return decoded;
}

Decoded png_words(const PictureFile& file) {
  Decoded words;
  PngMetadata metadata = png_metadata(file.bytes, inflate);
  words.orientation = orientation_in(metadata.exif, metadata.xmp);
  words.profile = std::move(metadata.profile);
  if (has_16_bits(file)) words.stored.most = kLargestValue;  // of frames, the upper bytes are drawn
  return words;
}

std::vector<std::uint8_t> png_rgba(const PictureFile& file) {
  if (file.bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw Error(file.name + " is larger than 2 GB, too large for a picture; choose a smaller one.");
  const ImageLayout layout = layout_of(file.format, file.bytes);
  check_size(layout.width, layout.height, file.name);
  int width = 0, height = 0;
  const StbPixels pixels = load(file, STBI_rgb_alpha, width, height);
  return {pixels.get(),
          pixels.get() + std::size_t{4} * static_cast<std::size_t>(width) * static_cast<std::size_t>(height)};
}

}  // namespace vit
