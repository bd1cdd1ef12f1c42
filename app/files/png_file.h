// PNG files with text in them, so that a figure carries where it comes from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "engine/image/image.h"

namespace headlight {

/// Keyword and UTF-8 text of a PNG text chunk, in the order of the file. A keyword has 1 to 79 Latin letters.
using TextChunks = std::vector<std::pair<std::string, std::string>>;

/// The bytes of an 8-bit RGB PNG file: the same for the same picture and text. Throws vit::Error if it cannot be made,
/// vit::Cancelled after a stop request.
std::string encode_png(const vit::Image& image, const TextChunks& text, const std::stop_token& stop = {});

/// Pixels with opacity, and how large they are on paper.
struct RgbaPicture {
  int width = 0, height = 0;           // px
  std::span<const std::uint8_t> rgba;  // (height, width, 4)
  double pixels_per_inch = 0;          // 0: the file does not say
  bool keeps_alpha = false;            // though every pixel is opaque
};

/// The same of a picture that may be transparent; where no pixel of it is, the file has no opacity.
std::string encode_png(const RgbaPicture& picture, const TextChunks& text, const std::stop_token& stop = {});

/// The text under this keyword that stands before the pixels of a PNG file. None where the file is no PNG or ends
/// early, where a chunk is damaged, or where the text, unpacked, is longer than `most_bytes`: such files come from
/// strangers.
std::optional<std::string> find_png_text(const std::filesystem::path& file, const std::string& keyword,
                                         std::size_t most_bytes);

}  // namespace headlight
