#include "app/session/view.h"

#include <algorithm>
#include <cmath>

namespace headlight {

int same_place(int query, const vit::TokenGrid& grid, const vit::Box& box, const vit::TokenGrid& other,
               const vit::Box& other_box) {
  if (query < grid.prefix) return std::min(query, other.tokens() - 1);
  const int patch = query - grid.prefix;
  const int at_col = patch % grid.cols, at_row = patch / grid.cols;
  const double x = box.x + (at_col + 0.5) * box.width / grid.cols;  // the patch's middle, px of the photo
  const double y = box.y + (at_row + 0.5) * box.height / grid.rows;
  const int col = static_cast<int>(std::floor((x - other_box.x) / other_box.width * other.cols));
  const int row = static_cast<int>(std::floor((y - other_box.y) / other_box.height * other.rows));
  return other.token_of(std::clamp(row, 0, other.rows - 1), std::clamp(col, 0, other.cols - 1));
}

}  // namespace headlight
