// What this program is made of: its version, the libraries it was built with, the instruction set it runs.
#pragma once

#include <string>

namespace headlight {

/// Several lines, for --version and the window's About.
std::string version_text();

}  // namespace headlight
