// What kind of picture a file holds, told by its content.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace vit {

enum class ImageFormat : std::uint8_t { jpeg, png, webp, tiff, gif, bmp, tga, psd, pnm, heic, avif };

/// What the first bytes of a file say. `format` is empty for what Headlight does not read.
struct FileKind {
  std::optional<ImageFormat> format;
  std::string_view name;  // with its article: "a JPEG picture", "an AVIF picture", "a video"

  bool is_picture() const { return name.ends_with("picture"); }
};

/// Nothing where the content is not recognised. TGA has no signature: it is told by its footer or by the name's
/// extension.
std::optional<FileKind> kind_of_file(std::span<const std::byte> bytes, const std::string& name);

/// "JPEG, PNG, WebP, …": what Headlight reads, for help texts and messages.
std::string readable_formats();

/// ".jpg", ".png", …: what such files are called, in lower case.
std::span<const char* const> picture_endings();

/// "JPEG", "PNG", …
const char* name_of(ImageFormat format);

}  // namespace vit
