// The Attention module alone against a naive one in double precision.
#include "engine/lab/attention_module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/pool.h"

namespace vit {
namespace {

using ::testing::HasSubstr;

using Rows = std::vector<std::vector<double>>;

std::vector<double> linear(const std::vector<double>& x, const Linear& layer, bool bias) {
  std::vector<double> y(static_cast<std::size_t>(layer.outputs()));
  for (int o = 0; o < layer.outputs(); ++o) {
    double sum = bias ? layer.bias()[static_cast<std::size_t>(o)] : 0;
    for (int i = 0; i < layer.inputs(); ++i) sum += x[static_cast<std::size_t>(i)] * layer.weight(o, i);
    y[static_cast<std::size_t>(o)] = sum;
  }
  return y;
}

/// proj(softmax(q·kᵀ/√d)·v) of one image, every step as it is written.
Rows naive(const ModuleRunner& runner, const ModuleSpec& spec, int image) {
  const MatrixView x = runner.input(image);
  const int c = spec.channels, d = c / spec.heads, n = spec.tokens;
  Rows qkv, out(static_cast<std::size_t>(n), std::vector<double>(static_cast<std::size_t>(c), 0)), y;
  for (int t = 0; t < n; ++t) qkv.push_back(linear({x.row(t), x.row(t) + c}, runner.qkv(), spec.qkv_bias));
  const auto at = [&](int token, int part, int head, int i) {
    return qkv[static_cast<std::size_t>(token)][static_cast<std::size_t>(part * c + head * d + i)];
  };
  for (int head = 0; head < spec.heads; ++head)
    for (int q = 0; q < n; ++q) {
      std::vector<double> p;
      double sum = 0;
      for (int k = 0; k < n; ++k) {
        double score = 0;
        for (int i = 0; i < d; ++i) score += at(q, 0, head, i) * at(k, 1, head, i);
        sum += p.emplace_back(std::exp(score / std::sqrt(static_cast<double>(d))));
      }
      for (int k = 0; k < n; ++k)
        for (int i = 0; i < d; ++i)
          out[static_cast<std::size_t>(q)][static_cast<std::size_t>(head * d + i)] +=
              p[static_cast<std::size_t>(k)] / sum * at(k, 2, head, i);
    }
  for (const auto& row : out) y.push_back(linear(row, runner.proj(), true));
  return y;
}

double largest_error(const Rows& expected, MatrixView found) {
  double largest = 0;
  for (int t = 0; t < found.rows; ++t)
    for (int c = 0; c < found.cols; ++c)
      largest =
          std::max(largest, std::abs(expected[static_cast<std::size_t>(t)][static_cast<std::size_t>(c)] - found(t, c)));
  return largest;
}

TEST(AttentionModule, EveryKernelGivesWhatTheFormulaSays) {
  ModuleRunner runner;
  Pool pool(3);
  for (const auto kernel : choice_values<Kernel>())
    for (const int threads : {1, 3})
      for (const bool bias : {true, false})
        for (const int heads : {1, 4, 24}) {
          const ModuleSpec spec{.batch = 2,
                                .tokens = 19,
                                .channels = 24,
                                .heads = heads,
                                .qkv_bias = bias,
                                .kernel = kernel,
                                .threads = threads};
          validate(spec);
          runner.run(spec, pool);
          for (int image = 0; image < spec.batch; ++image)
            EXPECT_LT(largest_error(naive(runner, spec, image), runner.output(image)), 2e-5)
                << id_of(kernel) << ", " << threads << " threads, " << heads << " heads, image " << image;
        }
}

TEST(AttentionModule, DropoutsActAndAreTheSameInEveryKernel) {
  ModuleRunner runner;
  Pool pool(2);
  ModuleSpec spec{.tokens = 12, .channels = 16, .heads = 2, .attn_drop = 0.4f, .proj_drop = 0.25f, .threads = 2};
  runner.run(spec, pool);
  const Matrix eager(runner.output(0));
  int zeros = 0;
  for (int t = 0; t < 12; ++t)
    for (int c = 0; c < 16; ++c) zeros += eager(t, c) == 0.f ? 1 : 0;
  EXPECT_GT(zeros, 20);
  EXPECT_LT(zeros, 80) << "about a quarter of 192";
  spec.kernel = Kernel::tiled;
  runner.run(spec, pool);
  for (int t = 0; t < 12; ++t)
    for (int c = 0; c < 16; ++c) ASSERT_NEAR(runner.output(0)(t, c), eager(t, c), 1e-5);
}

TEST(AttentionModule, TimesExactlyTheRowsOfItsTable) {
  ModuleRunner runner;
  Pool pool(1);
  for (const auto kernel : choice_values<Kernel>()) {
    const ModuleSpec spec{
        .tokens = 40, .channels = 32, .heads = 4, .attn_drop = 0.1f, .proj_drop = 0.1f, .kernel = kernel};
    const Timings timings = runner.run(spec, pool);
    const CostTable table = cost_table(spec);
    for (int i = 0; i < kOpCount; ++i) {
      const auto op = static_cast<Op>(i);
      const Operator* row = table.find(op);
      const bool timed = row != nullptr && belongs_to(op, Section::attention) && !row->fused_into;
      EXPECT_EQ(timings.blocks.front()[static_cast<std::size_t>(i)] > 0, timed) << name_of(op) << ", " << id_of(kernel);
    }
    EXPECT_GT(timings.wall_ms, 0);
  }
}

TEST(AttentionModule, ItsTableIsThatOfTheNote) {
  const ModuleSpec spec{.batch = 3, .tokens = 50, .channels = 96, .heads = 6};
  const double b = 3, n = 50, c = 96, h = 6;
  const CostTable table = cost_table(spec);
  EXPECT_EQ(table.total(Section::attention, 0, Convention::mac).macs, b * (4 * n * c * c + 2 * n * n * c));
  EXPECT_EQ(table.cost(Op::scale, 0, Convention::elements).element_ops, b * n * n * h);
  EXPECT_EQ(table.cost(Op::softmax, 0, Convention::elements).element_ops, 5 * b * n * n * h);
}

TEST(AttentionModule, WhatCannotBeIsRefusedBySayingWhatCan) {
  const auto refusal = [](const ModuleSpec& spec) {
    try {
      validate(spec);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(refusal({}), "");
  EXPECT_THAT(refusal({.channels = 12, .heads = 5}), HasSubstr("possible are 1, 2, 3, 4, 6, 12"));
  EXPECT_THAT(refusal({.batch = 0}), HasSubstr("B = 0"));
  EXPECT_THAT(refusal({.tokens = -1}), HasSubstr("N = -1"));
  EXPECT_THAT(refusal({.attn_drop = 1.f}), HasSubstr("attn_drop"));
  EXPECT_THAT(refusal({.tokens = 65536, .heads = 768}), HasSubstr("of memory"));
}

TEST(AttentionModule, AStopRequestEndsIt) {
  ModuleRunner runner;
  Pool pool(2);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(runner.run({.tokens = 64, .channels = 64, .heads = 4, .threads = 2}, pool, stop.get_token()), Cancelled);
}

}  // namespace
}  // namespace vit
