#include "engine/network/linear.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace vit {
namespace {

struct Case {
  std::vector<float> weight, bias, scale;
  Matrix x, residual;
  int outputs, inputs;

  Case(int rows, int outputs_, int inputs_)
      : x(rows, inputs_), residual(rows, outputs_), outputs(outputs_), inputs(inputs_) {
    std::mt19937 random(7);
    std::normal_distribution<float> normal;
    weight.resize(static_cast<std::size_t>(outputs) * inputs);
    bias.resize(static_cast<std::size_t>(outputs));
    scale.resize(bias.size());
    for (float& w : weight) w = normal(random);
    for (float& b : bias) b = normal(random);
    for (float& s : scale) s = normal(random);
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < inputs; ++c) x(r, c) = normal(random);
      for (int c = 0; c < outputs; ++c) residual(r, c) = normal(random);
    }
  }
  Linear layer(int groups, bool with_bias) const {
    const auto read = [&](int row, float* out) {
      for (int i = 0; i < inputs; ++i) out[i] = weight[static_cast<std::size_t>(row) * inputs + i];
    };
    return Linear(outputs, inputs, groups, read, with_bias ? bias : std::vector<float>());
  }
  double product(int row, int out) const {
    double sum = 0;
    for (int i = 0; i < inputs; ++i) sum += double(x(row, i)) * weight[static_cast<std::size_t>(out) * inputs + i];
    return sum;
  }
};

TEST(Linear, WeightsReadBackAreTheOnesThatWentIn) {
  for (int groups : {1, 3}) {
    const Case c(1, 3 * 37, 5);
    const Linear layer = c.layer(groups, true);
    for (int o = 0; o < c.outputs; ++o)
      for (int i = 0; i < c.inputs; ++i) EXPECT_EQ(layer.weight(o, i), c.weight[static_cast<std::size_t>(o) * 5 + i]);
    EXPECT_GE(layer.bytes(), sizeof(float) * (c.weight.size() + c.bias.size()));
  }
}

TEST(Linear, GroupsGoToMatricesOfTheirOwn) {
  const Case c(5, 3 * 21, 10);
  const Linear layer = c.layer(3, true);
  Matrix q(5, 21), k(5, 21), v(5, 21);
  linear(c.x.view(), layer, {}, {q.span(), k.span(), v.span()}, {.row_begin = 0, .row_end = 5});
  const Matrix* parts[] = {&q, &k, &v};
  for (int r = 0; r < 5; ++r) {
    for (int o = 0; o < 63; ++o) {
      const double expected = c.product(r, o) + c.bias[static_cast<std::size_t>(o)];
      EXPECT_NEAR((*parts[o / 21])(r, o % 21), expected, 2e-5) << r << ' ' << o;
    }
  }
}

TEST(Linear, EpilogueAddsBiasActivatesScalesAndAddsTheResidualInThisOrder) {
  const Case c(4, 19, 8);
  const Linear layer = c.layer(1, true);
  Matrix y(4, 19);
  const Epilogue epilogue = {
      .bias = true, .activation = Activation::gelu, .scale = c.scale.data(), .residual = c.residual.view()};
  linear(c.x.view(), layer, epilogue, {y.span()}, {.row_begin = 0, .row_end = 4});
  for (int r = 0; r < 4; ++r) {
    for (int o = 0; o < 19; ++o) {
      const double z = c.product(r, o) + c.bias[static_cast<std::size_t>(o)];
      const double gelu = 0.5 * z * (1 + std::erf(z / std::sqrt(2.0)));
      EXPECT_NEAR(y(r, o), c.residual(r, o) + c.scale[static_cast<std::size_t>(o)] * gelu, 2e-5) << r << ' ' << o;
    }
  }
}

TEST(Linear, BiasCanBeLeftOutAndTheResidualMayBeTheDestination) {
  Case c(3, 11, 6);
  const Linear layer = c.layer(1, true);
  Matrix y(c.residual.view());
  linear(c.x.view(), layer, {.bias = false, .residual = y.view()}, {y.span()}, {.row_begin = 0, .row_end = 3});
  for (int r = 0; r < 3; ++r)
    for (int o = 0; o < 11; ++o) EXPECT_NEAR(y(r, o), c.residual(r, o) + c.product(r, o), 2e-5);
}

TEST(Linear, PartsTouchNothingElseAndGiveTheSameBits) {
  const Case c(9, 3 * 70, 12);
  const Linear layer = c.layer(1, true);
  Matrix whole(9, 210), parts(9, 210);
  linear(c.x.view(), layer, {}, {whole.span()}, {.row_begin = 0, .row_end = 9});
  const int panels = panels_of(layer);
  for (int split = 0; split <= 9; ++split) {
    for (int cut : {0, 1, panels}) {
      for (int r = 0; r < 9; ++r)
        for (int o = 0; o < 210; ++o) parts(r, o) = -1.f;
      linear(c.x.view(), layer, {}, {parts.span()},
             {.row_begin = 0, .row_end = split, .panel_begin = 0, .panel_end = cut});
      const int columns = std::min(210, cut * layer.table().panel);
      for (int r = 0; r < 9; ++r)
        for (int o = 0; o < 210; ++o) EXPECT_EQ(parts(r, o), r < split && o < columns ? whole(r, o) : -1.f);
    }
  }
}

}  // namespace
}  // namespace vit
