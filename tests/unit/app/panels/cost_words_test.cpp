// What the badge says, and the axes of the cost curve.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/panels/badge.h"
#include "app/panels/curve_axes.h"
#include "engine/network/settings_words.h"
#include "tests/unit/small_models.h"

namespace headlight {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> ways_of(const vit::Settings& settings, std::optional<double> moved) {
  const vit::ModelConfig config = vit::testing_models::small_config();
  return badge_words({.what = vit::departures(settings, config), .maps_moved = moved}, settings, config);
}

std::string words_of(const vit::Settings& settings, std::optional<double> moved) {
  return ways_of(settings, moved).front();
}

TEST(Badge, IsASentenceThatSaysWhoseMapsTheseAreNot) {
  const vit::Settings trained = vit::trained_settings(vit::testing_models::small_config());
  EXPECT_EQ(words_of(vit::with_heads(trained, 24, -1), 0.234),
            "Cost experiment: 24 heads, trained with 4. These maps are not the trained network's. 23 % of the "
            "attention moved.");
  EXPECT_EQ(words_of(vit::with_heads(trained, 1, -1), {}),
            "Cost experiment: 1 head, trained with 4. These maps are not the trained network's.");
  EXPECT_EQ(words_of(vit::with_heads(trained, 12, 2), {}),
            "Cost experiment: heads 12 in block 2 (trained 4). These maps are not the trained network's.");
  vit::Settings other = vit::with_heads(trained, 12, -1);
  other.qkv_bias = false;
  EXPECT_EQ(words_of(other, {}),
            "Experiment: heads 12 (trained 4), qkv bias off. These maps are not the trained network's.");
}

TEST(Badge, SaysLessWhereThereIsLittleRoom) {
  const vit::Settings trained = vit::trained_settings(vit::testing_models::small_config());
  EXPECT_THAT(
      ways_of(vit::with_heads(trained, 24, -1), 0.234),
      ElementsAre(::testing::EndsWith("23 % of the attention moved."), ::testing::EndsWith("network's."),
                  "24 heads, trained with 4. Not the trained network's maps.", "Not the trained network's maps."));
}

TEST(Badge, RandomWeightsAreKnownByTheirSource) {
  vit::Model model;
  model.report.file = "random:C=24,L=3,h=4,P=8,S=32,K=5,seed=2";
  EXPECT_TRUE(has_random_weights(model));
  model.report.file = "random.safetensors";
  EXPECT_FALSE(has_random_weights(model));
}

TEST(CurveAxes, ShowEveryTimeAndAFactorOfFourAtLeast) {
  CurveAxes axes{.from = {100, 0}, .to = {300, 100}, .most_heads = 16};
  fit_times(axes, {2.0, 40.0, 0.0});
  EXPECT_LT(axes.least_ms, 2);
  EXPECT_GT(axes.most_ms, 40);
  EXPECT_LT(axes.at(1, 2).y, 100);
  EXPECT_GT(axes.at(1, 40).y, 0);
  EXPECT_NEAR(axes.at(4, 2).x, 200, 1e-3) << "half way, in powers of two";
  const float step = axes.at(1, 4).y - axes.at(1, 8).y;
  EXPECT_NEAR(axes.at(1, 8).y - axes.at(1, 16).y, step, 1e-3) << "a doubling is as high everywhere";
  fit_times(axes, {10, 10.1});
  EXPECT_NEAR(axes.most_ms / axes.least_ms, 4, 1e-9);
  EXPECT_NEAR(axes.at(1, 10).y, 50, 1);
  fit_times(axes, {});
  EXPECT_GT(axes.most_ms, axes.least_ms);
}

TEST(CurveAxes, TicksAreRound) {
  EXPECT_THAT(time_ticks(1.5, 12), ElementsAre(2, 5, 10));
  EXPECT_THAT(time_ticks(0.05, 900), ElementsAre(0.1, 1, 10, 100));
}

}  // namespace
}  // namespace headlight
