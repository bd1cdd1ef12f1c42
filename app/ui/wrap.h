// Where lines of running text end: between words, never inside a number or a pair of coordinates.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

namespace headlight::ui {

/// Width of a piece of text in px; of two pieces together it must be the sum of both.
using TextWidth = std::function<float(std::string_view)>;

/// The text's lines, without the spaces at which they are broken. "(r, c)" and "3 %" stay together; a word that is
/// wider than a line is broken between any two characters. A line break in the text always ends a line. At least one
/// line, which may be empty.
std::vector<std::string_view> wrap_lines(std::string_view text, float width, const TextWidth& width_of);

}  // namespace headlight::ui
