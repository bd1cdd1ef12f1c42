// A cell of a CSV table.
#pragma once

#include <string>

namespace headlight {

/// The text as one cell: in quotation marks if a comma, a quotation mark or a line break in it would end the cell.
std::string csv_text(const std::string& text);

}  // namespace headlight
