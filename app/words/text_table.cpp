#include "app/words/text_table.h"

#include <algorithm>
#include <cstddef>

namespace headlight {

int display_width(const std::string& text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string text_table(const std::vector<std::vector<std::string>>& lines, const std::vector<bool>& left) {
  std::vector<int> widths(left.size());
  for (const auto& cells : lines)
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const bool runs_over = cells.size() < left.size() && c + 1 == cells.size() && c > 0;
      if (!runs_over) widths[c] = std::max(widths[c], display_width(cells[c]));
    }
  std::string text;
  for (const auto& cells : lines) {
    std::string line;
    for (std::size_t c = 0; c < left.size(); ++c) {
      if (c > 0) line += "  ";
      if (cells.empty()) {
        for (int i = 0; i < widths[c]; ++i) line += "─";
        continue;
      }
      const std::string& cell = c < cells.size() ? cells[c] : std::string();
      const std::string gap(static_cast<std::size_t>(std::max(0, widths[c] - display_width(cell))), ' ');
      line += left[c] ? cell + gap : gap + cell;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace headlight
