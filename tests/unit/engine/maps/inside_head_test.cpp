// The numbers inside a head, against the pass that they explain.
#include "engine/maps/inside_head.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/base/pool.h"
#include "engine/maps/attention.h"
#include "engine/network/forward.h"
#include "tests/unit/analysis_support.h"
#include "tests/unit/small_models.h"

namespace vit {
namespace {

using testing_passes::kWithPrefix;
using testing_passes::pass;

/// The outputs of all heads, put together and taken through the rest of the block in double, are what the pass has
/// after the block.
TEST(InsideHead, TheOutputsOfAllHeadsThroughProjAndResidualsAreWhatTheBlockAdds) {
  const auto trace = pass({.model = kWithPrefix});
  const Model& model = *trace->model;
  const BlockWeights& weights = model.blocks[1];
  const int channels = model.config.channels, query = 5;
  std::vector<double> joined;
  for (int head = 0; head < trace->settings.heads(1); ++head)
    for (const float value : head_numbers(*trace, 1, head, query).output) joined.push_back(value);
  ASSERT_EQ(static_cast<int>(joined.size()), channels);
  const auto through = [&](const Linear& layer, const std::vector<double>& x) {
    std::vector<double> y;
    for (int out = 0; out < layer.outputs(); ++out) {
      double sum = layer.has_bias() ? layer.bias()[static_cast<std::size_t>(out)] : 0.0;
      for (std::size_t in = 0; in < x.size(); ++in) sum += layer.weight(out, static_cast<int>(in)) * x[in];
      y.push_back(sum);
    }
    return y;
  };
  const std::vector<double> projected = through(weights.proj, joined);
  std::vector<double> middle;
  double mean = 0, square = 0;
  for (int c = 0; c < channels; ++c) {
    const auto at = static_cast<std::size_t>(c);
    const double scale = weights.layer_scale1.empty() ? 1.0 : weights.layer_scale1[at];
    middle.push_back(trace->blocks[1]->input(query, c) + scale * projected[at]);
    mean += middle.back() / channels;
  }
  for (const double x : middle) square += (x - mean) * (x - mean) / channels;
  std::vector<double> normed;
  for (int c = 0; c < channels; ++c) {
    const auto at = static_cast<std::size_t>(c);
    normed.push_back((middle[at] - mean) / std::sqrt(square + model.config.eps) * weights.norm2.weight[at] +
                     weights.norm2.bias[at]);
  }
  std::vector<double> hidden = through(weights.fc1, normed);
  for (double& x : hidden) x = x * 0.5 * (1 + std::erf(x / std::sqrt(2.0)));
  const std::vector<double> added = through(weights.fc2, hidden);
  for (int c = 0; c < channels; ++c) {
    const auto at = static_cast<std::size_t>(c);
    const double scale = weights.layer_scale2.empty() ? 1.0 : weights.layer_scale2[at];
    EXPECT_NEAR(middle[at] + scale * added[at], trace->hidden(1)(query, c), 2e-5) << "channel " << c;
  }
}

TEST(InsideHead, TheStepsOfAKeyLeadToItsShare) {
  const auto trace = pass({.heads = 2});
  const HeadNumbers numbers = head_numbers(*trace, 0, 1, 3);
  double sum = 0, parts = 0;
  for (const float score : numbers.scores) sum += std::exp(score);
  for (int key = 0; key < trace->grid.tokens(); ++key) {
    const PairNumbers pair = pair_numbers(*trace, numbers, key);
    double dot = 0;
    for (const float product : pair.products) dot += product;
    EXPECT_NEAR(dot, pair.dot, 1e-5);
    EXPECT_NEAR(pair.dot / std::sqrt(static_cast<double>(numbers.q.size())), pair.score, 1e-6);
    EXPECT_NEAR(std::exp(pair.score) / sum, pair.share, 1e-6);
    EXPECT_EQ(pair.share, attention_row(*trace, 0, 1, 3)[static_cast<std::size_t>(key)]);
    parts += pair.part_of_output;
  }
  EXPECT_NEAR(parts, 1, 1e-5) << "the parts of all keys are the output";
}

TEST(InsideHead, RelativePositionsAreAStepOfTheirOwn) {
  ModelConfig config = testing_models::small_config();
  config.relative_bias = ModelConfig::RelativeBias::of_each_block;
  Settings settings = trained_settings(config);
  settings.keep = Keep::maps;  // the shares are those of the pass itself
  Pool pool(1);
  Meter meter;
  const auto trace =
      forward({testing_models::make_model(config), testing_models::make_pixels(config), settings}, meter, pool);
  const HeadNumbers numbers = head_numbers(*trace, 1, 2, 7);
  ASSERT_EQ(numbers.biases.size(), static_cast<std::size_t>(trace->grid.tokens()));
  double sum = 0;
  for (const float score : numbers.scores) sum += std::exp(score);
  for (int key = 0; key < trace->grid.tokens(); ++key) {
    const PairNumbers pair = pair_numbers(*trace, numbers, key);
    EXPECT_NE(pair.bias, 0.f);
    EXPECT_NEAR(pair.dot / std::sqrt(static_cast<double>(numbers.q.size())) + pair.bias, pair.score, 1e-5);
    EXPECT_NEAR(std::exp(pair.score) / sum, pair.share, 1e-5);
  }
}

TEST(InsideHead, WithoutTheBiasTheValuesHaveNone) {
  const HeadNumbers with = head_numbers(*pass({.heads = 2}), 0, 0, 0);
  const HeadNumbers without = head_numbers(*pass({.heads = 2, .qkv_bias = false}), 0, 0, 0);
  EXPECT_NE(with.values(3, 1), without.values(3, 1));
}

}  // namespace
}  // namespace vit
