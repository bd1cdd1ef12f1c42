// Columns of text that line up on a terminal, whatever alphabet they are in.
#pragma once

#include <string>
#include <vector>

namespace headlight {

/// Columns on a terminal that a text takes: its code points (no wide or combining ones occur in our tables).
int display_width(const std::string& text);

/// Lines of cells, each column as wide as its widest cell. `left` columns begin at the left, the others end at the
/// right. An empty line stands for a rule; the last cell of a line with cells missing may run over the next columns.
std::string text_table(const std::vector<std::vector<std::string>>& lines, const std::vector<bool>& left);

}  // namespace headlight
