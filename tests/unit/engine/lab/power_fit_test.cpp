// Exponents of made-up numbers: what they are is known.
#include "engine/lab/power_fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace vit {
namespace {

TEST(PowerFit, FindsTheExponentOfAPower) {
  const std::vector<double> x = {3, 7, 20, 64, 200};
  for (const double exponent : {-1.0, 0.0, 1.0, 1.7, 2.0}) {
    std::vector<double> y;
    for (const double at : x) y.push_back(0.3 * std::pow(at, exponent));
    const PowerFit fit = fit_power(x, y);
    EXPECT_NEAR(fit.exponent, exponent, 1e-12);
    EXPECT_NEAR(fit.factor, 0.3, 1e-12);
    EXPECT_NEAR(fit.spread, 0, 1e-12) << "all points lie on the line";
    EXPECT_NEAR(fit.at(10), 0.3 * std::pow(10, exponent), 1e-10);
  }
}

TEST(PowerFit, ItsSpreadIsTheStandardErrorOfTheSlope) {
  // log x = 0, 1, 2, 3 and log y = 0, 1.1, 1.9, 3 + 0.2: by hand, slope 1.04 and residuals 0.01, 0.07, -0.17, 0.09.
  std::vector<double> x, y;
  for (const double u : {0.0, 1.0, 2.0, 3.0}) x.push_back(std::exp(u));
  for (const double v : {0.0, 1.1, 1.9, 3.2}) y.push_back(std::exp(v));
  const PowerFit fit = fit_power(x, y);
  EXPECT_NEAR(fit.exponent, 1.04, 1e-12);
  EXPECT_NEAR(fit.spread, std::sqrt((0.01 * 0.01 + 0.07 * 0.07 + 0.17 * 0.17 + 0.09 * 0.09) / 2 / 5), 1e-12);
}

TEST(PowerFit, NoiseIsWithinItsSpread) {
  const std::vector<double> x = {1, 2, 4, 8, 16, 32, 64};
  const double off[] = {1.05, 0.97, 1.02, 0.94, 1.06, 0.98, 1.01};
  std::vector<double> y;
  for (std::size_t i = 0; i < x.size(); ++i) y.push_back(5 * x[i] * x[i] * off[i]);
  const PowerFit fit = fit_power(x, y);
  EXPECT_LT(std::abs(fit.exponent - 2), 2 * fit.spread);
  EXPECT_GT(fit.spread, 0.002);
  EXPECT_LT(fit.spread, 0.03);
}

TEST(PowerFit, WhatSaysNothingIsUnknown) {
  EXPECT_FALSE(fit_power({}, {}).known());
  const std::vector<double> one = {3}, same = {3, 3}, rising = {1, 2}, zeros = {0, 0};
  EXPECT_FALSE(fit_power(one, one).known());
  EXPECT_FALSE(fit_power(same, rising).known()) << "a single x";
  EXPECT_FALSE(fit_power(rising, zeros).known()) << "nothing above zero";
  EXPECT_EQ(fit_power(rising, rising).spread, 0) << "two points lie on a line";
}

}  // namespace
}  // namespace vit
