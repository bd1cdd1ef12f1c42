#include "engine/lab/power_fit.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace vit {

double PowerFit::at(double x) const {
  return factor * std::pow(x, exponent);
}

PowerFit fit_power(std::span<const double> x, std::span<const double> y) {
  std::vector<double> u, v;
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    if (!(x[i] > 0 && y[i] > 0)) continue;
    u.push_back(std::log(x[i]));
    v.push_back(std::log(y[i]));
  }
  const auto n = static_cast<double>(u.size());
  double mean_u = 0, mean_v = 0, square = 0, product = 0;
  for (std::size_t i = 0; i < u.size(); ++i) {
    mean_u += u[i] / n;
    mean_v += v[i] / n;
  }
  for (std::size_t i = 0; i < u.size(); ++i) {
    square += (u[i] - mean_u) * (u[i] - mean_u);
    product += (u[i] - mean_u) * (v[i] - mean_v);
  }
  if (u.size() < 2 || square <= 0) return {};
  PowerFit fit;
  fit.points = static_cast<int>(u.size());
  fit.exponent = product / square;
  fit.factor = std::exp(mean_v - fit.exponent * mean_u);
  double off = 0;
  for (std::size_t i = 0; i < u.size(); ++i) {
    const double rest = v[i] - mean_v - fit.exponent * (u[i] - mean_u);
    off += rest * rest;
  }
  if (fit.points > 2) fit.spread = std::sqrt(off / (n - 2) / square);
  return fit;
}

}  // namespace vit
