// Text from outside made fit for formats that must be UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace vit {

/// The text with U+FFFD in place of each byte that belongs to no UTF-8 character.
std::string valid_utf8(std::string_view text);

}  // namespace vit
