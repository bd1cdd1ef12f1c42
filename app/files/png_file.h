// PNG files with text in them, so that a figure carries where it comes from.
#pragma once

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

}  // namespace headlight
