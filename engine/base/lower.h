// ASCII letters in lower case: names, endings and headers are compared without regard to theirs.
#pragma once

#include <string>

namespace vit {

/// A to Z become a to z; every other byte stays, whatever the locale.
std::string lower(std::string text);

}  // namespace vit
