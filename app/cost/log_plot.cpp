#include "app/cost/log_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace headlight {
namespace {

/// The ends of an axis that shows all of these with a little room, and a factor of four at least.
class Ends {
 public:
  void take(double value) {
    if (!(value > 0) || !std::isfinite(value)) return;
    least_ = std::min(least_, value);
    most_ = std::max(most_, value);
  }
  void set(double& low, double& high) const {
    constexpr double kRoom = 1.25, kLeastFactor = 4;
    if (most_ <= 0) return;
    low = least_ / kRoom;
    high = most_ * kRoom;
    if (high >= kLeastFactor * low) return;
    const double middle = std::sqrt(low * high);
    low = middle / std::sqrt(kLeastFactor);
    high = middle * std::sqrt(kLeastFactor);
  }

 private:
  double least_ = std::numeric_limits<double>::infinity(), most_ = 0;
};

double along(double value, double low, double high) {
  return std::clamp(std::log(value / low) / std::log(high / low), 0.0, 1.0);
}

}  // namespace

bool LogPlot::empty() const {
  return std::all_of(series.begin(), series.end(),
                     [](const Series& one) { return one.points.empty() && one.predicted.empty(); });
}

double LogPlot::along_x(double x) const {
  return along(x, x_low, x_high);
}

double LogPlot::along_y(double y) const {
  return along(y, y_low, y_high);
}

void fit_axes(LogPlot& plot) {
  Ends x, y;
  for (const LogPlot::Series& series : plot.series) {
    for (const LogPlot::Point& point : series.points) {
      x.take(point.x);
      for (const double value : {point.y, point.low, point.high}) y.take(value);
    }
    for (const auto& [at, value] : series.predicted) {
      x.take(at);
      y.take(value);
    }
  }
  x.set(plot.x_low, plot.x_high);
  y.set(plot.y_low, plot.y_high);
}

std::vector<double> log_ticks(double low, double high, std::size_t most) {
  std::vector<double> fine, coarse;
  for (int power = static_cast<int>(std::floor(std::log10(low))); std::pow(10.0, power) <= high; ++power)
    for (const double step : {1.0, 2.0, 5.0}) {
      const double tick = step * std::pow(10.0, power);
      if (tick < low || tick > high) continue;
      fine.push_back(tick);
      if (step == 1.0) coarse.push_back(tick);
    }
  return fine.size() > most && coarse.size() > 1 ? coarse : fine;
}

std::string tick_text(double value) {
  if (value >= 1e9) return fmt::format("{:g}G", value / 1e9);
  if (value >= 1e6) return fmt::format("{:g}M", value / 1e6);
  if (value >= 1e4) return fmt::format("{:g}k", value / 1e3);
  return fmt::format("{:g}", value);
}

}  // namespace headlight
