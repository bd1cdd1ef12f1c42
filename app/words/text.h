// UTF-8 text, one character at a time.
#pragma once

#include <string_view>

namespace headlight {

/// The next code point of UTF-8 text, U+FFFD for bytes that are none; `text` moves behind it and must not be empty.
char32_t next_character(std::string_view& text);

}  // namespace headlight
