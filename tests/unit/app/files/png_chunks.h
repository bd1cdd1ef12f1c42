// The text chunks of a PNG file, read by walking its chunks: independent of the library that writes them.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace headlight::testing_files {

/// Keyword to text, of tEXt and of uncompressed iTXt chunks.
inline std::map<std::string, std::string> png_texts(const std::string& png) {
  std::map<std::string, std::string> texts;
  for (std::size_t at = 8; at + 12 <= png.size();) {
    std::uint32_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(png[at + i]);
    const std::string kind = png.substr(at + 4, 4), data = png.substr(at + 8, length);
    const std::string keyword = data.substr(0, data.find('\0'));
    if (kind == "tEXt") texts[keyword] = data.substr(keyword.size() + 1);
    // After the keyword: a zero, compression flag and method, language, zero, translated keyword, zero.
    if (kind == "iTXt") texts[keyword] = data.substr(data.find('\0', data.find('\0', keyword.size() + 3) + 1) + 1);
    at += 12 + length;
  }
  return texts;
}

}  // namespace headlight::testing_files
