#include "engine/maps/mask.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace vit {

std::vector<float> mask_of(std::span<const float> map, double share) {
  std::vector<int> order(map.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return map[static_cast<std::size_t>(a)] > map[static_cast<std::size_t>(b)]; });
  const double wanted = share * std::accumulate(map.begin(), map.end(), 0.0);
  std::vector<float> mask(map.size(), 0.f);
  double held = 0;
  for (const int patch : order) {
    if (held >= wanted) break;
    held += map[static_cast<std::size_t>(patch)];
    mask[static_cast<std::size_t>(patch)] = 1;
  }
  return mask;
}

std::vector<EdgeLine> outline_of(std::span<const float> mask, int rows, int cols) {
  const auto in = [&](int row, int col) {
    return row >= 0 && col >= 0 && row < rows && col < cols &&
           mask[static_cast<std::size_t>(row) * static_cast<std::size_t>(cols) + static_cast<std::size_t>(col)] > 0.5f;
  };
  std::vector<EdgeLine> lines;
  for (int y = 0; y <= rows; ++y)
    for (int x = 0; x < cols; ++x) {
      if (in(y - 1, x) == in(y, x)) continue;
      const int from = x;
      while (x + 1 < cols && in(y - 1, x + 1) != in(y, x + 1)) ++x;
      lines.push_back({from, y, x + 1, y});
    }
  for (int x = 0; x <= cols; ++x)
    for (int y = 0; y < rows; ++y) {
      if (in(y, x - 1) == in(y, x)) continue;
      const int from = y;
      while (y + 1 < rows && in(y + 1, x - 1) != in(y + 1, x)) ++y;
      lines.push_back({x, from, x, y + 1});
    }
  return lines;
}

}  // namespace vit
