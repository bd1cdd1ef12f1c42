// What kind of picture a file holds, told by its content, and whether all of it is there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace vit {

enum class ImageFormat { jpeg, png, bmp, tga };

/// The format if Headlight reads it. TGA has no signature: it is recognised by its footer or by the name's extension.
std::optional<ImageFormat> readable_format(std::span<const std::byte> bytes, const std::string& name);

/// "a WebP picture", "a PDF document", …: what an unreadable file is, or nothing if it is not recognised either.
std::optional<std::string> unreadable_kind(std::span<const std::byte> bytes);

/// The structure of a picture file, walked without decoding it.
struct ImageLayout {
  bool complete = false;            // reaches the end that its format prescribes
  std::span<const std::byte> exif;  // TIFF block of the EXIF data, or empty
  std::int64_t width = 0;           // px, as the header states them; 0 if it does not
  std::int64_t height = 0;
};
ImageLayout layout_of(ImageFormat format, std::span<const std::byte> bytes);

}  // namespace vit
