// Blocks that work in windows: where the windows lie, what a trace keeps of them, and what their analyses say.
#include "engine/network/windows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <numeric>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/cost/cost.h"
#include "engine/maps/analysis.h"
#include "engine/maps/attention.h"
#include "engine/maps/inside_head.h"
#include "engine/network/backward_start.h"
#include "engine/network/forward.h"
#include "tests/unit/engine/maps/golden_trace.h"

namespace vit {
namespace {

using testing::HasSubstr;

const char* const kSam = "families/hf_sam";  // 6×6 patches; blocks 0 and 2 in windows of 4×4

std::shared_ptr<const Trace> pass(const Trace& like, const std::function<void(Settings&)>& change) {
  Settings settings = like.settings;
  change(settings);
  Pool pool(settings.threads);
  Meter meter;
  return forward({like.model, like.pixels, settings}, meter, pool);
}

TEST(Windows, AreCutFromTheCornerAndEveryTokenIsInOne) {
  const TokenGrid grid{0, 5, 7};
  const Windows windows(grid, 3);
  EXPECT_EQ(windows.count(), 6);
  EXPECT_TRUE(windows.padded());
  EXPECT_FALSE(Windows(grid, 1).padded());
  const Window last = windows.at(5);
  EXPECT_EQ(last.top, 3);
  EXPECT_EQ(last.left, 6);
  EXPECT_EQ(last.rows, 2);
  EXPECT_EQ(last.cols, 1);
  for (int token = 0; token < grid.tokens(); ++token) {
    const int window = windows.of_token(token), place = windows.place_of(token);
    EXPECT_EQ(windows.token_at(window, place / 3, place % 3), token);
    EXPECT_TRUE(windows.at(window).holds(token / 7, token % 7));
  }
  EXPECT_EQ(windows.token_at(5, 0, 1), -1);
}

TEST(Windows, AMapHasNothingOutsideAndLacksWhatPaddingGets) {
  const auto trace = golden::trace_of(kSam);
  bool some_padding = false;
  for (int query = 0; query < trace->grid.tokens(); ++query) {
    const std::vector<float> row = attention_row(*trace, 0, 1, query);
    const Window window = window_around(*trace, 0, query).value();
    for (int key = 0; key < trace->grid.tokens(); ++key)
      EXPECT_TRUE(window.holds(key / 6, key % 6) || row[static_cast<std::size_t>(key)] == 0.f) << query << ' ' << key;
    const float sum = std::accumulate(row.begin(), row.end(), 0.f);
    const bool whole = window.rows == 4 && window.cols == 4;
    EXPECT_LE(sum, 1 + 1e-5);
    EXPECT_TRUE(!whole || sum > 1 - 1e-5) << query;
    some_padding = some_padding || (!whole && sum < 0.99f);
  }
  EXPECT_TRUE(some_padding);
  EXPECT_FALSE(window_around(*trace, 1, 0).has_value());
}

/// The naive kernel adds up and divides in another order than what computes a map afterwards.
constexpr double kApart = 2e-6;

TEST(Windows, KeptMapsAndComputedOnesAreTheSame) {
  const auto golden = golden::trace_of(kSam);
  for (const Kernel kernel : {Kernel::tiled, Kernel::eager, Kernel::reference})
    for (const bool bias : {true, false})
      for (const float drop : {0.f, 0.3f}) {
        const auto with = [&](Keep keep) {
          return pass(*golden, [&](Settings& s) {
            s.kernel = kernel;
            s.keep = keep;
            s.qkv_bias = bias;
            s.training = drop > 0;
            s.attn_drop = drop;
          });
        };
        const auto kept = with(Keep::maps), computed = with(Keep::qk);
        for (int block = 0; block < 4; ++block)
          for (int head = 0; head < 2; ++head)
            for (const Stage stage : {Stage::softmax, Stage::after_dropout}) {
              const Matrix a = attention_head(*kept, block, head, stage),
                           b = attention_head(*computed, block, head, stage);
              for (int r = 0; r < a.rows(); ++r)
                for (int c = 0; c < a.cols(); ++c)
                  ASSERT_NEAR(a(r, c), b(r, c), kApart) << block << ' ' << r << ' ' << c;
              const Matrix part = attention_part(*computed, block, head, 7, 5, stage);
              for (int c = 0; c < a.cols(); ++c) ASSERT_NEAR(part(3, c), a(10, c), kApart);
              ASSERT_NEAR(attention_row(*computed, block, head, 10, stage)[3], a(10, 3), kApart);
            }
      }
}

TEST(Windows, ThreadsChangeNoNumberAndKernelsRoundingAlone) {
  const auto golden = golden::trace_of("families/timm_sam_224");
  const auto one = pass(*golden, [](Settings& s) { s.threads = 1; });
  for (const int threads : {2, 3}) {
    const auto more = pass(*golden, [&](Settings& s) { s.threads = threads; });
    EXPECT_EQ(one->logits, more->logits) << threads;
  }
  for (const Kernel kernel : {Kernel::eager, Kernel::reference}) {
    const auto other = pass(*golden, [&](Settings& s) {
      s.kernel = kernel;
      s.training = true;
      s.attn_drop = 0.2f;
      s.switch_head(0, 1, true);
    });
    const auto tiled = pass(*golden, [&](Settings& s) {
      s.training = true;
      s.attn_drop = 0.2f;
      s.switch_head(0, 1, true);
    });
    for (std::size_t k = 0; k < one->logits.size(); ++k) EXPECT_NEAR(other->logits[k], tiled->logits[k], 1e-5);
  }
}

TEST(Windows, AMapsMemoryIsThatOfItsWindows) {
  const auto golden = golden::trace_of(kSam);
  const auto kept = pass(*golden, [](Settings& s) { s.keep = Keep::maps; });
  EXPECT_EQ(kept->blocks[0]->map_stride, Matrix::padded_stride(16));
  EXPECT_EQ(kept->blocks[1]->map_stride, Matrix::padded_stride(36));
}

TEST(Windows, CostCountsTheKeysThatAQuerySees) {
  const auto golden = golden::trace_of(kSam);
  const CostTable table(golden->model->config, golden->grid, golden->settings);
  const double n = 36, c = 16, h = 2;
  EXPECT_EQ(table.cost(Op::scores, 0, Convention::mac).macs, n * 16 * c);
  EXPECT_EQ(table.cost(Op::scores, 1, Convention::mac).macs, n * n * c);
  EXPECT_EQ(table.cost(Op::attn_v, -1, Convention::mac).macs, 2 * n * 16 * c + 2 * n * n * c);
  EXPECT_EQ(table.cost(Op::softmax, 2, Convention::elements).element_ops, 5 * n * 16 * h);
  EXPECT_EQ(table.cost(Op::relative_bias, 0, Convention::mac).macs, n * (4 + 4) * c);
  EXPECT_EQ(table.cost(Op::relative_bias, 3, Convention::mac).macs, n * (6 + 6) * c);
  EXPECT_EQ(table.cost(Op::relative_bias, 0, Convention::elements).element_ops, 2 * n * 16 * h);
}

/// The heads' outputs through the projection, with the residual, are the block's middle; its MLP gives the rest.
TEST(Windows, TheNumbersInsideAHeadLeadToItsSharesAndWithPaddingToItsOutput) {
  const auto trace = golden::trace_of(kSam);
  const int query = 5;  // the last of the first row: half of its window is padding
  const HeadNumbers numbers = head_numbers(*trace, 0, 1, query);
  EXPECT_EQ(numbers.keys, 16);
  EXPECT_GT(numbers.padding, 0.f);
  const Window window = window_around(*trace, 0, query).value();
  double sum = 0, share = 0;
  for (int key = 0; key < 36; ++key) {
    const auto at = static_cast<std::size_t>(key);
    EXPECT_EQ(numbers.outside[at], !window.holds(key / 6, key % 6));
    if (!numbers.outside[at]) sum += std::exp(numbers.scores[at]), share += numbers.shares[at];
  }
  for (int key = 0; key < 36; ++key) {
    const auto at = static_cast<std::size_t>(key);
    if (numbers.outside[at]) continue;
    EXPECT_NEAR(std::exp(numbers.scores[at]) / sum, numbers.shares[at] / share, 1e-5);
  }
  const Model& model = *trace->model;
  std::vector<double> joined;
  for (int head = 0; head < 2; ++head)
    for (const float value : head_numbers(*trace, 0, head, query).output) joined.push_back(value);
  const BlockWeights& weights = model.blocks[0];
  std::vector<double> middle, normed, hidden;
  double mean = 0, square = 0;
  for (int out = 0; out < 16; ++out) {
    double y = weights.proj.bias()[static_cast<std::size_t>(out)] + trace->blocks[0]->input(query, out);
    for (int in = 0; in < 16; ++in) y += weights.proj.weight(out, in) * joined[static_cast<std::size_t>(in)];
    middle.push_back(y);
    mean += y / 16;
  }
  for (const double x : middle) square += (x - mean) * (x - mean) / 16;
  for (std::size_t c = 0; c < 16; ++c)
    normed.push_back((middle[c] - mean) / std::sqrt(square + 1e-6) * weights.norm2.weight[c] + weights.norm2.bias[c]);
  for (int m = 0; m < 48; ++m) {
    double x = weights.fc1.bias()[static_cast<std::size_t>(m)];
    for (int c = 0; c < 16; ++c) x += weights.fc1.weight(m, c) * normed[static_cast<std::size_t>(c)];
    hidden.push_back(x * 0.5 * (1 + std::erf(x / std::sqrt(2.0))));
  }
  for (int c = 0; c < 16; ++c) {
    double y = middle[static_cast<std::size_t>(c)] + weights.fc2.bias()[static_cast<std::size_t>(c)];
    for (int m = 0; m < 48; ++m) y += weights.fc2.weight(c, m) * hidden[static_cast<std::size_t>(m)];
    EXPECT_NEAR(y, trace->hidden(0)(query, c), 2e-5) << c;
  }
}

TEST(Windows, AMapHasItsWindowAndItsSentenceSaysSo) {
  const auto trace = golden::trace_of(kSam);
  const Analysis& heads = *analysis_by_id("heads");
  const auto windowed = heads.answer(Subject(trace), {.analysis = "heads", .block = 0, .query = 5}, {});
  ASSERT_TRUE(windowed->labels[2].window.has_value());
  EXPECT_EQ(windowed->labels[2].window->left, 4);
  EXPECT_EQ(windowed->labels[2].window->cols, 2);
  EXPECT_THAT(heads.about(*windowed, 2), HasSubstr("windows of 4 × 4 patches"));
  EXPECT_THAT(heads.about(*windowed, 2), HasSubstr("padding"));
  EXPECT_THAT(heads.about(*windowed, 1), HasSubstr("windows of 4 × 4 patches"));
  const auto inner = heads.answer(Subject(trace), {.analysis = "heads", .block = 0, .query = 0}, {});
  EXPECT_THAT(heads.about(*inner, 2), testing::Not(HasSubstr("padding")));
  const auto global = heads.answer(Subject(trace), {.analysis = "heads", .block = 1, .query = 5}, {});
  EXPECT_FALSE(global->labels[2].window.has_value());
  EXPECT_THAT(heads.about(*global, 2), testing::Not(HasSubstr("windows")));
}

TEST(Windows, WhatCannotBeAskedOfThemIsRefusedForTheTrueReason) {
  const auto trace = golden::trace_of(kSam);
  EXPECT_THAT(analysis_by_id("rollout")->refusal(*trace), HasSubstr("padding"));
  EXPECT_THAT(analysis_by_id("bias")->refusal(*trace), HasSubstr("the query's own numbers"));
  EXPECT_THAT(refused_backward(*trace), HasSubstr("windows"));
  Settings settings = trace->settings;
  settings.set_heads(4);
  try {
    validate(settings, trace->model->config);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("channels of a trained head"));
  }
}

}  // namespace
}  // namespace vit
