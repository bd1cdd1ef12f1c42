// The sentence on what the head count did, from tables and times that are made up and can be checked by hand.
#include "app/cost/head_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cost/pass_words.h"
#include "engine/base/quantity.h"
#include "tests/unit/small_models.h"

namespace headlight {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using vit::Op;

/// 3 blocks of C = 192 channels with 6 heads, 65 tokens, step by step.
vit::ModelConfig config() {
  vit::ModelConfig config = vit::testing_models::small_config();
  config.channels = 192;
  config.num_heads = 6;
  config.hidden = 768;
  config.grid_height = config.grid_width = 8;
  return config;
}

vit::Settings trained() {
  vit::Settings settings = vit::trained_settings(config());
  settings.kernel = vit::Kernel::eager;
  return settings;
}

vit::CostTable table_of(const vit::Settings& settings) {
  return vit::CostTable(config(), {1, 8, 8}, settings);
}

using Times = std::vector<std::pair<Op, double>>;  // ms; 1 ms for all others

/// Passes in which every operator of every block takes 1 ms, but for those named.
std::vector<vit::Timings> passes_of(const vit::CostTable& table, const Times& named, double jitter = 0) {
  std::vector<vit::Timings> passes;
  for (int i = 0; i < 5; ++i) {
    vit::Timings pass;
    pass.blocks.resize(3);
    for (vit::OpTimes& block : pass.blocks)
      for (const vit::Operator& row : table.operators())
        if (vit::is_block_op(row.op)) block[static_cast<std::size_t>(row.op)] = 1 + jitter * i;
    for (vit::OpTimes& block : pass.blocks)
      for (const auto& [op, ms] : named) block[static_cast<std::size_t>(op)] = ms;
    pass.wall_ms = pass.rows_ms();
    passes.push_back(std::move(pass));
  }
  return passes;
}

/// What `now` is against the trained settings, with these times; without any, where `named` is none.
std::optional<HeadChange> change_of(const vit::Settings& now, int block, const std::optional<Times>& named = Times{}) {
  const vit::CostTable table = table_of(now), before = table_of(trained());
  const auto passes = named ? passes_of(table, *named) : std::vector<vit::Timings>{};
  const auto trained_passes = named ? passes_of(before, {}) : std::vector<vit::Timings>{};
  return head_change({table, passes}, {before, trained_passes}, block);
}

TEST(HeadChange, AsTrainedThereIsNone) {
  EXPECT_FALSE(change_of(trained(), 0));
  EXPECT_FALSE(change_of(trained(), -1));
  vit::Settings other = trained();
  other.qkv_bias = false;
  EXPECT_FALSE(change_of(other, 0)) << "another setting is no head count";
}

TEST(HeadChange, TellsOperationsAndTimeApart) {
  const auto change = change_of(vit::with_heads(trained(), 192, -1), 2, Times{{Op::scores, 22}, {Op::attn_v, 17}});
  ASSERT_TRUE(change);
  EXPECT_EQ(change->block, 2);
  EXPECT_THAT(change->sentence,
              HasSubstr("6 → 192 heads. Operations: scale and softmax ×32, all else ×1 (the block +"));
  EXPECT_THAT(change->sentence,
              HasSubstr("Time: q·kᵀ ×22 and attn·v ×17, since each head's product is one channel wide ("));
  EXPECT_DOUBLE_EQ(change->find(Op::softmax)->operations, 32);
  EXPECT_DOUBLE_EQ(change->find(Op::qkv)->operations, 1);
  EXPECT_DOUBLE_EQ(*change->find(Op::scores)->time, 22);
}

TEST(HeadChange, RatesAreOfTheProductInWorkAndTime) {
  const auto change = change_of(vit::with_heads(trained(), 192, -1), 0, Times{{Op::scores, 10}});
  const double flop = 2.0 * 65 * 65 * 192;
  const RowChange& row = *change->find(Op::scores);
  EXPECT_NEAR(row.gflops, flop / 10e6, 1e-9);
  EXPECT_NEAR(row.trained_gflops, flop / 1e6, 1e-9);
  EXPECT_THAT(change->sentence, HasSubstr("(0.16 GFLOP/s in place of 1.6)"));
}

TEST(HeadChange, TheSumOfOperationsMovesByWhatTheScoresTake) {
  const auto change = change_of(vit::with_heads(trained(), 192, -1), 0);
  const double scores = 65.0 * 65 * 6 * 6;  // scale and softmax, one and five an element
  const double before = table_of(trained()).total(vit::Section::block, 0, vit::Convention::elements).operations;
  EXPECT_NEAR(change->operations, 1 + 31 * scores / before, 1e-9);
  EXPECT_THAT(change->sentence, HasSubstr("the block +" + vit::percent_text(31 * scores / before)));
}

TEST(HeadChange, FewerHeadsAreNoReasonToBeSlower) {
  const auto change = change_of(vit::with_heads(trained(), 1, -1), 0, Times{{Op::scores, 3}, {Op::softmax, 0.1}});
  EXPECT_THAT(change->sentence, HasSubstr("6 → 1 head. Operations: scale and softmax ×0.17, all else ×1 (the block −"));
  EXPECT_THAT(change->sentence, HasSubstr("Time: q·kᵀ ×3 ("));
  EXPECT_THAT(change->sentence, HasSubstr("; softmax ×0.10, the block ×"));
  EXPECT_THAT(change->sentence, Not(HasSubstr("since")));
}

TEST(HeadChange, WhatHardlyChangesIsNotNamed) {
  const auto change = change_of(vit::with_heads(trained(), 12, -1), 0, Times{{Op::scores, 1.1}});
  EXPECT_THAT(change->sentence, HasSubstr("Time: no operator changes by much; the block ×1."));
}

TEST(HeadChange, BeforeBothAreMeasuredItSaysSo) {
  const auto change = change_of(vit::with_heads(trained(), 192, -1), 0, std::nullopt);
  EXPECT_FALSE(change->time);
  EXPECT_THAT(change->sentence, HasSubstr("Time: being measured."));
  EXPECT_FALSE(change->find(Op::scores)->time);
}

TEST(HeadChange, OneBlockOfSeveralIsNamed) {
  const vit::Settings now = vit::with_heads(trained(), 12, 1);
  EXPECT_THAT(change_of(now, 1)->sentence, HasSubstr("Block 1: 6 → 12 heads. Operations: scale and softmax ×2,"));
  const auto from_another = change_of(now, 0);
  ASSERT_TRUE(from_another) << "the chosen block runs as trained, another one does not";
  EXPECT_EQ(from_another->block, -1);
  EXPECT_THAT(from_another->sentence, HasSubstr("Block 1: 6 → 12 heads. Operations: scale and softmax ×1.3,"));
  EXPECT_THAT(from_another->sentence, HasSubstr("(the network +"));
}

TEST(HeadChange, DifferentCountsAreCountedNotNamed) {
  const vit::Settings now = vit::with_heads(vit::with_heads(trained(), 12, 1), 24, 2);
  EXPECT_THAT(change_of(now, -1)->sentence, HasSubstr("Another head count in 2 of 3 blocks (trained with 6)."));
  const vit::Settings alike = vit::with_heads(vit::with_heads(trained(), 12, 0), 12, 2);
  EXPECT_THAT(change_of(alike, -1)->sentence, HasSubstr("Blocks 0 and 2: 6 → 12 heads."));
}

TEST(HeadChange, TimesThatSpreadAreCalledRough) {
  const vit::CostTable table = table_of(vit::with_heads(trained(), 12, -1)), before = table_of(trained());
  const auto steady = passes_of(before, {}), wild = passes_of(table, {}, 0.3);
  const auto change = head_change({table, wild}, {before, steady}, 0);
  EXPECT_TRUE(change->noisy);
  EXPECT_THAT(change->sentence, HasSubstr("Time, roughly: "));
  EXPECT_FALSE(head_change({table, passes_of(table, {})}, {before, steady}, 0)->noisy);
}

TEST(RatioText, HasTwoDigitsAtMost) {
  EXPECT_EQ(ratio_text(32), "×32");
  EXPECT_EQ(ratio_text(1.43), "×1.4");
  EXPECT_EQ(ratio_text(0.999), "×1");
  EXPECT_EQ(ratio_text(0.306), "×0.31");
}

TEST(PassWords, SayComputingAndWaiting) {
  EXPECT_EQ(pass_words(43.2, 96.4, 2), "43 ms computing + 96 ms waiting for threads");
  EXPECT_EQ(pass_words(1.84, 0.066, 1), "1.8 ms computing + 0.07 ms other");
  EXPECT_EQ(pass_words(5, -0.2, 2), "5.0 ms computing + 0.00 ms waiting for threads");
}

TEST(PassWords, SayHowManyPassesAndHowSure) {
  EXPECT_EQ(passes_words({}), "");
  EXPECT_EQ(passes_words({.median_ms = 3, .calls = 1}), "one pass");
  EXPECT_EQ(passes_words({.median_ms = 3, .calls = 11, .spread = 0.031}), "11 passes, spread 3 %");
  EXPECT_EQ(passes_words({.median_ms = 3, .calls = 11, .spread = 0.34}), "noisy machine: spread 34 %");
}

TEST(PassWords, OneThreadIsAHintOnlyWhereItWasMeasuredToBeFaster) {
  const vit::RowTime two{.median_ms = 139, .calls = 5};
  EXPECT_EQ(one_thread_words(two, {.median_ms = 31, .calls = 5}),
            "One thread is faster here: 31 ms in place of 139 ms.");
  EXPECT_EQ(one_thread_words(two, {.median_ms = 136, .calls = 5}), "");
  EXPECT_EQ(one_thread_words(two, {}), "");
}

}  // namespace
}  // namespace headlight
