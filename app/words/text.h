// UTF-8 text and the system's fonts to set it in, for the window and for exported pictures alike.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace headlight {

/// The next code point of UTF-8 text, U+FFFD for bytes that are none; `text` moves behind it and must not be empty.
char32_t next_character(std::string_view& text);

enum class Face : std::uint8_t {
  regular,
  strong,   // semi-bold or bold
  symbols,  // arrows, mathematics, superscripts
  wide,     // Chinese, Japanese and Korean
};

/// The first font file of this kind that the system has; empty where it has none.
std::string font_file(Face face);

}  // namespace headlight
