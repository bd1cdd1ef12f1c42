// A cell of a CSV table.
#pragma once

#include <string>

namespace headlight {

/// In quotation marks where it holds what would end it.
std::string csv_text(const std::string& text);

}  // namespace headlight
