// A plot with two logarithmic axes, as data: what the window draws and what a figure shows. Needs no screen.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/network/operators.h"

namespace headlight {

struct LogPlot {
  struct Point {
    double x = 0, y = 0;
    double low = 0, high = 0;  // of its whisker; both 0: none
    std::string words = {};    // what a hover says
  };
  struct Series {
    std::string name;
    std::optional<vit::Op> op = {};  // whose colour and mark it has; none: the whole, in the text's own colour
    std::vector<Point> points = {};  // by ascending x where they are joined
    bool joined = true;
    std::vector<std::pair<double, double>> predicted = {};  // a dashed line
  };
  /// A ceiling: a line with its name along it.
  struct Limit {
    std::string name;
    std::vector<std::pair<double, double>> points;
  };

  std::string title;             // above the upright axis
  std::string x_title, y_title;  // with their units
  std::vector<Series> series = {};
  std::vector<Limit> limits = {};
  std::vector<double> x_ticks = {};                       // where the values are few and known; else decades
  std::optional<double> marked_x = {};                    // a value that is pointed out
  double x_low = 1, x_high = 10, y_low = 1, y_high = 10;  // of the axes

  bool empty() const;
  /// 0 … 1 along the axes, from the left and from below.
  double along_x(double x) const;
  double along_y(double y) const;
};

/// Sets the ends of the axes so that all points, whiskers and predictions lie between them with a little room.
void fit_axes(LogPlot& plot);

/// 1, 2 and 5 times powers of ten between the ends; the powers alone where that would be more than `most`.
std::vector<double> log_ticks(double low, double high, std::size_t most = 8);

/// "0.002", "50", "2k", "3M": a tick as short as can be.
std::string tick_text(double value);

}  // namespace headlight
