// y = factor · x^exponent through measured points, and how sure the exponent is.
#pragma once

#include <span>

namespace vit {

struct PowerFit {
  double exponent = 0;
  double spread = 0;  // standard error of the exponent, from what the points lie off the line; 0 for two points
  double factor = 0;
  int points = 0;  // that counted: x and y above 0
  bool known() const { return points >= 2; }
  double at(double x) const;
};

/// Least squares of log y over log x. Not known() for fewer than two points or a single x.
PowerFit fit_power(std::span<const double> x, std::span<const double> y);

}  // namespace vit
