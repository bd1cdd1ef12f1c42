// The backward pass against differences of the forward pass, and what it promises about threads, stops and memory.
#include "engine/network/backward.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include "engine/base/error.h"
#include "tests/unit/engine/network/golden_case.h"
#include "tests/unit/gradient_support.h"
#include "tests/unit/small_models.h"

namespace vit {
namespace {

using ::testing::HasSubstr;
using testing_gradients::gradients;
using testing_models::make_model;
using testing_models::make_pixels;
using testing_models::small_config;

std::shared_ptr<const Trace> run(const std::shared_ptr<const Model>& model, const Settings& settings,
                                 const std::shared_ptr<const Pixels>& pixels) {
  return golden::run(model, pixels, settings);
}

Settings settings_of(const Model& model, int threads = 1) {
  Settings settings = trained_settings(model.config);
  settings.threads = threads;
  return settings;
}

/// A double-precision pass from a block's input on, in which one attention probability can be moved: what the gradient
/// of that probability must be, by its definition.
class MovedPass {
 public:
  using Rows = std::vector<std::vector<double>>;

  explicit MovedPass(const Trace& trace) : trace_(trace), model_(*trace.model), config_(model_.config) {}

  struct Move {
    int block = -1, head = 0, query = 0, key = 0;
    double by = 0;
  };
  double logit(int which, const Move& move) const {
    Rows x = rows_of(trace_.blocks[static_cast<std::size_t>(move.block)]->input);
    for (int b = move.block; b < config_.depth; ++b) x = block(b, x, move);
    const std::vector<double> features = norm(x[0], *model_.norm);
    double sum = model_.head->bias()[static_cast<std::size_t>(which)];
    for (int i = 0; i < config_.channels; ++i)
      sum += features[static_cast<std::size_t>(i)] * model_.head->weight(which, i);
    return sum;
  }

 private:
  static Rows rows_of(const Matrix& m) {
    Rows rows;
    rows.reserve(static_cast<std::size_t>(m.rows()));
    for (int r = 0; r < m.rows(); ++r) rows.emplace_back(m.row(r), m.row(r) + m.cols());
    return rows;
  }
  std::vector<double> norm(const std::vector<double>& x, const NormWeights& w) const {
    double mean = 0, variance = 0;
    for (const double v : x) mean += v / static_cast<double>(x.size());
    for (const double v : x) variance += (v - mean) * (v - mean) / static_cast<double>(x.size());
    std::vector<double> y(x.size());
    for (std::size_t i = 0; i < x.size(); ++i)
      y[i] = (x[i] - mean) / std::sqrt(variance + config_.eps) * w.weight[i] + w.bias[i];
    return y;
  }
  static std::vector<double> linear(const std::vector<double>& x, const Linear& layer) {
    std::vector<double> y(static_cast<std::size_t>(layer.outputs()));
    for (int o = 0; o < layer.outputs(); ++o) {
      double sum = layer.has_bias() ? layer.bias()[static_cast<std::size_t>(o)] : 0;
      for (int i = 0; i < layer.inputs(); ++i) sum += x[static_cast<std::size_t>(i)] * layer.weight(o, i);
      y[static_cast<std::size_t>(o)] = sum;
    }
    return y;
  }
  Rows block(int b, const Rows& x, const Move& move) const {
    const BlockWeights& w = model_.blocks[static_cast<std::size_t>(b)];
    const int c = config_.channels, heads = trace_.settings.heads(b), d = c / heads;
    const std::size_t n = x.size();
    Rows qkv;
    qkv.reserve(n);
    for (const auto& row : x) qkv.push_back(linear(norm(row, w.norm1), w.qkv));
    Rows out(n, std::vector<double>(static_cast<std::size_t>(c), 0));
    for (int h = 0; h < heads; ++h) {
      const double factor = trace_.settings.blocks[static_cast<std::size_t>(b)].factor(h);
      const auto at = [&](const std::vector<double>& row, int part, int i) {
        return row[static_cast<std::size_t>(part * c + h * d + i)];
      };
      for (std::size_t q = 0; q < n; ++q) {
        std::vector<double> p(n);
        double sum = 0;
        for (std::size_t k = 0; k < n; ++k) {
          double score = 0;
          for (int i = 0; i < d; ++i) score += at(qkv[q], 0, i) * at(qkv[k], 1, i);
          sum += p[k] = std::exp(score / std::sqrt(static_cast<double>(d)));
        }
        for (double& value : p) value /= sum;
        if (b == move.block && h == move.head && static_cast<int>(q) == move.query)
          p[static_cast<std::size_t>(move.key)] += move.by;
        for (std::size_t k = 0; k < n; ++k)
          for (int i = 0; i < d; ++i) out[q][static_cast<std::size_t>(h * d + i)] += factor * p[k] * at(qkv[k], 2, i);
      }
    }
    Rows y = x;
    for (std::size_t t = 0; t < n; ++t) {
      add(y[t], linear(out[t], w.proj), w.layer_scale1);
      std::vector<double> hidden = linear(norm(y[t], w.norm2), w.fc1);
      for (double& u : hidden) u = u / 2 * (1 + std::erf(u / std::sqrt(2.0)));
      add(y[t], linear(hidden, w.fc2), w.layer_scale2);
    }
    return y;
  }
  static void add(std::vector<double>& x, const std::vector<double>& branch, const std::vector<float>& scale) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += branch[i] * (scale.empty() ? 1.0 : scale[i]);
  }

  const Trace& trace_;
  const Model& model_;
  const ModelConfig& config_;
};

/// The largest difference between gradients and differences over every `step`th probability, relative to the largest
/// gradient.
double distance_from_differences(const Trace& trace, int logit, int step) {
  const auto found = gradients(trace, {.logit = logit});
  const MovedPass moved(trace);
  const int tokens = trace.grid.tokens();
  double largest = 0, scale = 0;
  for (std::size_t b = 0; b < found.size(); ++b)
    for (std::size_t i = 0; i < found[b].size(); i += static_cast<std::size_t>(step)) {
      const int index = static_cast<int>(i);
      const auto at = [&](double by) {
        return moved.logit(logit,
                           {static_cast<int>(b), index / tokens / tokens, index / tokens % tokens, index % tokens, by});
      };
      constexpr double kBy = 1e-4;
      const double difference = (at(kBy) - at(-kBy)) / (2 * kBy);
      scale = std::max(scale, std::abs(difference));
      largest = std::max(largest, std::abs(difference - found[b][i]));
    }
  return largest / scale;
}

TEST(Backward, GradientsAreThoseOfDifferences) {
  ModelConfig config = small_config();
  config.layer_scale = true;
  const auto model = make_model(config);
  const auto pixels = make_pixels(config);
  Settings settings = settings_of(*model);
  EXPECT_LT(distance_from_differences(*run(model, settings, pixels), 3, 53), 2e-5);
  // Another head count than the trained one, heads that are off, and scaled ones.
  settings.set_heads(6, 1);
  settings.switch_head(0, 2, true);
  settings.switch_head(1, 0, true);
  settings.switch_head(1, 5, true);
  settings.scale_head(0, 1, 0.5f);
  settings.scale_head(1, 2, 2.f);
  const auto trace = run(model, settings, pixels);
  EXPECT_LT(distance_from_differences(*trace, 0, 53), 2e-5);
  const auto found = gradients(*trace, {.logit = 0});
  const auto head = static_cast<std::size_t>(trace->grid.tokens()) * static_cast<std::size_t>(trace->grid.tokens());
  for (std::size_t i = 0; i < head; ++i) ASSERT_EQ(found[0][2 * head + i], 0) << "of a head that is off";
}

/// In training mode the masks stay what they were: moving the input of a block along a direction changes the number as
/// the gradients say.
TEST(Backward, DropoutDropsWhatItDropped) {
  const ModelConfig config = small_config();
  const auto model = make_model(config);
  Settings settings = settings_of(*model);
  settings.training = true;
  settings.attn_drop = 0.3f;
  settings.seed = 11;
  const auto trace = run(model, settings, make_pixels(config));
  const auto found = gradients(*trace, {.logit = 1});
  const int tokens = trace->grid.tokens();
  int dropped = 0;
  for (int b = 0; b < config.depth; ++b)
    for (int h = 0; h < config.num_heads; ++h)
      for (int q = 0; q < tokens; ++q) {
        const auto row = attention_row(*trace, b, h, q, Stage::after_dropout);
        for (int k = 0; k < tokens; ++k)
          if (row[static_cast<std::size_t>(k)] == 0) {
            ++dropped;
            ASSERT_EQ(found[static_cast<std::size_t>(b)][static_cast<std::size_t>((h * tokens + q) * tokens + k)], 0);
          }
      }
  EXPECT_GT(dropped, 100);
  // Pixels reach the logit through all masks: with proj_drop, too, the chain of gradients is that of a moved input.
  settings.proj_drop = 0.2f;
  const auto before = run(model, settings, make_pixels(config));
  Matrix slope;
  Pool pool(1);
  Meter meter;
  backward(*before, {.logit = 1},
           {.tokens =
                [&](int block, MatrixView, MatrixView g) {
                  if (block == 0) slope = Matrix(g);
                }},
           meter, pool);
  // norm1's bias of block 0 moves what its attention reads, and nothing else.
  const int channel = 5;
  double expected = 0;
  for (int t = 0; t < tokens; ++t) expected += slope(t, channel);
  const auto with_bias = [&](float by) {
    const auto other = make_model(config);
    const_cast<Model&>(*other).blocks[0].norm1.bias[channel] += by;
    return run(other, settings, make_pixels(config))->logits[1];
  };
  const double difference = (static_cast<double>(with_bias(0.02f)) - with_bias(-0.02f)) / 0.04;
  EXPECT_NEAR(expected, difference, 2e-3 * std::max(1.0, std::abs(difference)));
}

TEST(Backward, ThreadsAndKeptMapsChangeRoundingAlone) {
  const auto model = make_model(small_config());
  const auto pixels = make_pixels(model->config);
  Settings settings = settings_of(*model);
  const auto one = gradients(*run(model, settings, pixels), {.logit = 2});
  for (const int threads : {2, 5})
    for (const Keep keep : {Keep::qk, Keep::maps}) {
      settings.threads = threads;
      settings.keep = keep;
      const auto other = gradients(*run(model, settings, pixels), {.logit = 2});
      for (std::size_t b = 0; b < one.size(); ++b) EXPECT_LT(golden::relative_error(one[b], other[b]), 3e-6) << threads;
    }
}

TEST(Backward, EndsWithTheBlockThatIsAskedForAndHearsEachRowOnce) {
  const auto model = make_model(small_config());
  const auto trace = run(model, settings_of(*model, 3), make_pixels(model->config));
  std::mutex mutex;
  std::vector<int> rows(3, 0), done, tokens;
  Pool pool(3);
  Meter meter;
  backward(*trace, {.logit = 0},
           {.down_to = 1,
            .head =
                [&](const HeadGradient& one) {
                  const std::lock_guard lock(mutex);
                  rows[static_cast<std::size_t>(one.block)] += one.gradient.rows;
                },
            .block_done = [&](int block) { done.push_back(block); },
            .tokens = [&](int block, MatrixView, MatrixView) { tokens.push_back(block); }},
           meter, pool);
  EXPECT_EQ(rows, (std::vector<int>{0, 4 * 26, 4 * 26}));
  EXPECT_EQ(done, (std::vector<int>{2, 1}));
  EXPECT_EQ(tokens, (std::vector<int>{2, 1}));
  EXPECT_EQ(meter.timings().first_block, 1);
  EXPECT_GT(meter.timings().blocks[2][static_cast<std::size_t>(Op::fc1)], 0);
  EXPECT_EQ(meter.timings().blocks[0][static_cast<std::size_t>(Op::fc1)], 0);
}

TEST(Backward, AStopRequestIsHeard) {
  const auto model = make_model(small_config());
  const auto trace = run(model, settings_of(*model, 2), make_pixels(model->config));
  std::stop_source stop;
  Meter meter(stop.get_token());
  Pool pool(2);
  int blocks = 0;
  const BackwardHooks hooks{.block_done = [&](int) {
    ++blocks;
    stop.request_stop();
  }};
  EXPECT_THROW(backward(*trace, {.logit = 0}, hooks, meter, pool), Cancelled);
  EXPECT_EQ(blocks, 1);
}

std::string refused(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Backward, WhatCannotBeIsRefusedByItsReason) {
  const auto model = make_model(small_config());
  const auto pixels = make_pixels(model->config);
  const auto go = [&](const Trace& trace, const Target& target) {
    return refused([&] {
      Pool pool(1);
      Meter meter;
      backward(trace, target, {}, meter, pool);
    });
  };
  Settings settings = settings_of(*model);
  const auto trace = run(model, settings, pixels);
  EXPECT_THAT(go(*trace, {.logit = 7}), HasSubstr("no class 7; the network has classes 0 to 6"));
  EXPECT_THAT(go(*trace, {.token = 26, .direction = std::vector<float>(24)}), HasSubstr("no token 26"));
  EXPECT_THAT(go(*trace, {.direction = std::vector<float>(3)}), HasSubstr("3 numbers cannot be compared"));
  settings.keep = Keep::none;
  EXPECT_THAT(go(*run(model, settings, pixels), {.logit = 0}), HasSubstr("kept no maps"));
  settings.keep = Keep::qk;
  Pool pool(1);
  Meter meter;
  const auto part = forward({model, pixels, settings, {.last_maps = 1}}, meter, pool);
  EXPECT_THAT(go(*part, {.logit = 0}), HasSubstr("ended before the network did"));
  ModelConfig headless = small_config();
  headless.classes = 0;
  const auto other = make_model(headless);
  EXPECT_THAT(go(*run(other, settings_of(*other), make_pixels(headless)), {.logit = 0}), HasSubstr("has no classes"));
}

TEST(Backward, ARelativePositionBiasCountsWhereTheScoresAreComputedAgain) {
  for (const char* network : {"families/hf_beit", "families/hf_data2vec", "families/timm_beit"}) {
    SCOPED_TRACE(network);
    const testing_gradients::Case one{.network = network, .suffix = "", .logit = 0, .file = nullptr};
    const auto kept = one.trace(Keep::maps), again = one.trace(Keep::qk, 2);
    ASSERT_NE(kept->model->config.relative_bias, ModelConfig::RelativeBias::none);
    const auto from_maps = gradients(*kept, {.logit = 0}), from_scores = gradients(*again, {.logit = 0});
    ASSERT_EQ(from_maps.size(), from_scores.size());
    for (std::size_t block = 0; block < from_maps.size(); ++block) {
      double largest = 0, difference = 0;
      for (std::size_t i = 0; i < from_maps[block].size(); ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(from_maps[block][i])));
        difference = std::max(difference, std::abs(static_cast<double>(from_maps[block][i]) - from_scores[block][i]));
      }
      EXPECT_LE(difference, 1e-5 * largest) << "block " << block;
      EXPECT_GT(largest, 0) << "block " << block;
    }
  }
}

}  // namespace
}  // namespace vit
