#include "app/panels/curve_axes.h"

#include <algorithm>
#include <cmath>

namespace headlight {

ImVec2 CurveAxes::at(int heads, double ms) const {
  const double x = most_heads > 1 ? std::log2(static_cast<double>(heads)) / std::log2(most_heads) : 0.5;
  const double y = std::log(std::max(ms, least_ms) / least_ms) / std::log(most_ms / least_ms);
  return {from.x + static_cast<float>(x) * (to.x - from.x), to.y - static_cast<float>(y) * (to.y - from.y)};
}

void fit_times(CurveAxes& axes, const std::vector<double>& ms) {
  constexpr double kRoom = 1.15, kLeastFactor = 4;
  double least = 0, most = 0;
  for (const double time : ms) {
    if (!(time > 0)) continue;
    least = least > 0 ? std::min(least, time) : time;
    most = std::max(most, time);
  }
  if (most <= 0) {
    axes.least_ms = 0.1;
    axes.most_ms = 1;
    return;
  }
  least /= kRoom, most *= kRoom;
  if (most < kLeastFactor * least) {
    const double middle = std::sqrt(least * most);
    least = middle / std::sqrt(kLeastFactor);
    most = middle * std::sqrt(kLeastFactor);
  }
  axes.least_ms = least;
  axes.most_ms = most;
}

std::vector<double> time_ticks(double least_ms, double most_ms) {
  constexpr std::size_t kMost = 8;
  std::vector<double> fine, coarse;
  for (int power = static_cast<int>(std::floor(std::log10(least_ms))); std::pow(10.0, power) <= most_ms; ++power)
    for (const double step : {1.0, 2.0, 5.0}) {
      const double tick = step * std::pow(10.0, power);
      if (tick < least_ms || tick > most_ms) continue;
      fine.push_back(tick);
      if (step == 1.0) coarse.push_back(tick);
    }
  return fine.size() > kMost && coarse.size() > 1 ? coarse : fine;
}

}  // namespace headlight
