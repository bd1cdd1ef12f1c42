#include "engine/maps/head_curves.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

namespace vit {
namespace {

/// The ends of an axis of four equal parts, with round numbers between them and zero among them.
std::pair<float, float> axis_of(float least, float most) {
  least = std::min(least, 0.f);
  most = std::max(most, 0.f);
  if (!(most > least)) return {0.f, 1.f};
  for (int power = static_cast<int>(std::floor(std::log10((most - least) / 4)));; ++power)
    for (const double digits : {1.0, 2.0, 2.5, 5.0}) {
      const double step = digits * std::pow(10.0, power), low = std::floor(least / step + 1e-6) * step;
      if (low + 4 * step >= most * (1 - 1e-6)) return {static_cast<float>(low), static_cast<float>(low + 4 * step)};
    }
}

}  // namespace

BlockCurves curves_of_heads(std::span<const HeadNumber> numbers, const std::string& title) {
  int depth = 0, most_heads = 0;
  for (const HeadNumber& one : numbers) {
    depth = std::max(depth, one.block + 1);
    most_heads = std::max(most_heads, one.head + 1);
  }
  const std::vector<float> none(static_cast<std::size_t>(depth), std::numeric_limits<float>::quiet_NaN());
  BlockCurves curves{.title = title, .along = "block"};
  curves.curves.push_back({"mean of the heads", none, true});
  for (int head = 0; head < most_heads; ++head)
    curves.curves.push_back({.name = fmt::format("head {}", head), .values = none, .dots = true});
  std::vector<double> sums(none.size(), 0), counts(none.size(), 0);
  float least = 0, most = 0;
  for (const HeadNumber& one : numbers) {
    if (std::isnan(one.value)) continue;
    const auto block = static_cast<std::size_t>(one.block);
    curves.curves[static_cast<std::size_t>(one.head) + 1].values[block] = one.value;
    sums[block] += one.value;
    counts[block] += 1;
    least = std::min(least, one.value);
    most = std::max(most, one.value);
  }
  for (std::size_t block = 0; block < sums.size(); ++block)
    if (counts[block] > 0) curves.curves.front().values[block] = static_cast<float>(sums[block] / counts[block]);
  std::tie(curves.low, curves.high) = axis_of(least, most);
  return curves;
}

}  // namespace vit
