#include "app/session/measuring.h"

#include <gtest/gtest.h>

#include <cmath>

namespace headlight {
namespace {

using Why = NextMeasurement::Why;

vit::Settings settings_of(std::vector<int> heads) {
  vit::Settings settings;
  settings.blocks.resize(heads.size());
  settings.set_heads(heads);
  return settings;
}

/// A state in which everything is as trained and a baseline is there.
MeasuringState rested(std::vector<int> shown = {4, 4}) {
  return {.shown = settings_of(std::move(shown)), .trained = settings_of({4, 4}), .has_baseline = true};
}

const std::vector<double> kKnown(10, 1.0);  // ms

TEST(Enough, FivePassesThatAgreeAreEnough) {
  std::vector<double> ms;
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(enough(ms)) << i;
    ms.push_back(100 + i % 2);
  }
  EXPECT_TRUE(enough(ms));
}

TEST(Enough, PassesThatDisagreeGoOnForThreeSeconds) {
  std::vector<double> ms;
  double total = 0;
  for (int i = 0; total < 3000; ++i) {
    EXPECT_FALSE(enough(ms)) << "after " << total << " ms, spread " << median_spread(ms);
    ms.push_back(i % 2 == 0 ? 100 : 400);
    total += ms.back();
  }
  EXPECT_TRUE(enough(ms));
}

TEST(Enough, QuickPassesEndAfterTenOrTwoHundredMilliseconds) {
  std::vector<double> ms;
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(enough(ms));
    ms.push_back(i % 2 == 0 ? 1 : 9);
  }
  EXPECT_TRUE(enough(ms));
  EXPECT_TRUE(enough({5, 190, 10, 2})) << "207 ms, the median below 20";
}

TEST(Enough, OnePassOfSecondsIsEnoughAndNoneIsNot) {
  EXPECT_TRUE(enough({3500}));
  EXPECT_FALSE(enough({}));
}

TEST(MedianSpread, IsARobustStandardError) {
  EXPECT_TRUE(std::isinf(median_spread({7})));
  EXPECT_EQ(median_spread({5, 5, 5}), 0);
  EXPECT_NEAR(median_spread({90, 100, 110, 100}), 1.2533 * 5 / 1.349 / 2 / 100, 1e-9);
  EXPECT_EQ(median_spread({5, 5, 5, 5, 900}), 0) << "one pass that was held up";
}

TEST(NextMeasurement, ABaselineComesFirst) {
  MeasuringState state = rested({2, 4});
  state.has_baseline = false;
  const auto next = next_measurement(state);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->why, Why::baseline);
  EXPECT_EQ(next->settings, state.trained);
}

TEST(NextMeasurement, ThenWhatIsShownThenTheTrainedHeadsUnderIt) {
  MeasuringState state = rested({2, 4});
  state.shown.qkv_bias = false;
  auto next = next_measurement(state);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->why, Why::timing);
  EXPECT_EQ(next->settings, state.shown);

  series_of(state.series, state.shown).ms = kKnown;
  next = next_measurement(state);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->settings.head_counts(), (std::vector<int>{4, 4}));
  EXPECT_FALSE(next->settings.qkv_bias) << "all else as shown";

  series_of(state.series, next->settings).ms = kKnown;
  EXPECT_FALSE(next_measurement(state)) << "all is known";
}

TEST(NextMeasurement, WhatIsKnownIsNotMeasuredAgain) {
  MeasuringState state = rested();
  series_of(state.series, state.shown).ms = kKnown;
  EXPECT_FALSE(next_measurement(state));
  state.shown.switch_head(0, 1, true);
  EXPECT_FALSE(next_measurement(state)) << "a head that is off takes the same steps";
  state.shown.set_heads(2, 0);
  EXPECT_TRUE(next_measurement(state));
}

TEST(NextMeasurement, WhereThreadsWaitOneThreadIsTriedToo) {
  MeasuringState state = rested();
  state.shown.threads = state.trained.threads = 2;
  Series& series = series_of(state.series, state.shown);
  series.ms = kKnown;
  series.waiting_share.assign(10, 0.1);
  EXPECT_FALSE(next_measurement(state)) << "they hardly wait";
  series.waiting_share.assign(10, 0.6);
  const auto next = next_measurement(state);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->why, Why::timing);
  EXPECT_EQ(next->settings.threads, 1);
  series_of(state.series, next->settings).ms = kKnown;
  EXPECT_FALSE(next_measurement(state));
}

TEST(NextMeasurement, WhatCannotRunIsGivenUp) {
  MeasuringState state = rested();
  series_of(state.series, state.shown).given_up = true;
  EXPECT_FALSE(next_measurement(state));
}

TEST(NextMeasurement, ASweepTakesEveryCountInTurnAndWaitsForTheTimes) {
  MeasuringState state = rested();
  state.sweep = Sweep{.head_counts = {1, 2, 8}, .block = 1, .passes = 2};
  EXPECT_EQ(next_measurement(state)->why, Why::timing);
  series_of(state.series, state.shown).ms = kKnown;
  std::vector<int> order;
  double before = -1;
  while (const auto next = next_measurement(state)) {
    ASSERT_EQ(next->why, Why::sweep);
    ASSERT_LT(order.size(), 7u);
    EXPECT_EQ(next->settings.heads(0), 4) << "one block alone";
    EXPECT_GT(next->done, before);
    before = next->done;
    EXPECT_LE(next->done + next->share, 1 + 1e-9);
    order.push_back(next->settings.heads(1));
    series_of(state.swept, next->settings).ms.push_back(1);
  }
  EXPECT_EQ(order, (std::vector<int>{1, 1, 2, 2, 8, 8}));
}

TEST(Sweep, SettingsAreInOrderForAllBlocksOrOne) {
  const vit::Settings shown = settings_of({4, 4});
  const auto all = sweep_settings({.head_counts = {1, 8}}, shown);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].head_counts(), (std::vector<int>{8, 8}));
  EXPECT_EQ(sweep_settings({.head_counts = {1}, .block = 0}, shown)[0].head_counts(), (std::vector<int>{1, 4}));
}

TEST(NextMeasurement, APassWithFewerBitsIsFirstComparedWithTheExactOne) {
  MeasuringState state = rested();
  state.shown.precision = vit::Precision::bf16;
  state.has_exact = false;
  state.has_baseline = false;
  const auto next = next_measurement(state);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->why, Why::exact);
  EXPECT_EQ(next->settings.precision, vit::Precision::exact);
  EXPECT_TRUE(vit::same_numbers(next->settings, state.shown));
  state.has_exact = true;
  EXPECT_EQ(next_measurement(state)->why, Why::baseline);
}

}  // namespace
}  // namespace headlight
