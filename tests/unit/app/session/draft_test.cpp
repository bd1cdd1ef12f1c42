// Which requests get a draft, and how large it is.
#include "app/session/draft.h"

#include <gtest/gtest.h>

#include <cmath>

#include "app/session/hand.h"
#include "engine/checkpoint/load_model.h"
#include "engine/network/forward.h"
#include "tests/unit/small_models.h"

namespace headlight {
namespace {

constexpr PhotoSize kPhoto{640, 480};

vit::ModelConfig config() {
  vit::ModelConfig config = vit::testing_models::vit_base();
  config.patch_px = 14;
  return config;
}

vit::Preprocessing crop(int px) {
  vit::Preprocessing rules;
  rules.resize_px = px;
  rules.width = rules.height = px;
  return rules;
}

/// So many ms a patch, from whatever block on.
PredictMs per_patch(double ms) {
  return [ms](const vit::TokenGrid& grid, int) { return ms * grid.rows * grid.cols; };
}

std::optional<Draft> draft_at(int px, double ms_per_patch, int before = 0) {
  const vit::Preprocessing exact = crop(px);
  const vit::ModelConfig network = config();
  return draft_for({.config = network, .photo = kPhoto, .exact = exact, .patches_before = before},
                   per_patch(ms_per_patch));
}

TEST(Draft, AQuickPassNeedsNone) {
  EXPECT_FALSE(draft_at(224, kExactMs / 256));
  EXPECT_TRUE(draft_at(224, 1.01 * kExactMs / 256));
}

TEST(Draft, IsTheLargestSizeThatIsReadyInTime) {
  const double ms = kDraftMs / (16 * 16);  // 224 px take as long as a draft may
  ASSERT_TRUE(draft_at(518, ms));
  EXPECT_EQ(draft_at(518, ms)->patches, 16);
  EXPECT_EQ(draft_at(518, ms)->rules.width, 224);
  EXPECT_EQ(draft_at(518, 1.01 * ms)->patches, 12);
  EXPECT_EQ(draft_at(518, 0.99 * kDraftMs / (24 * 24))->patches, 24);
}

TEST(Draft, IsTheSmallestWhereNoneIsInTime) {
  const auto draft = draft_at(518, 1000);
  ASSERT_TRUE(draft);
  EXPECT_EQ(draft->patches, 4);
}

TEST(Draft, KeepsItsSizeWhileItIsAboutRight) {
  const double ms = kDraftMs / (16 * 16);
  EXPECT_EQ(draft_at(518, 1.34 * ms, 16)->patches, 16);
  EXPECT_EQ(draft_at(518, 1.5 * ms, 16)->patches, 12);
  EXPECT_EQ(draft_at(518, 0.99 * ms, 12)->patches, 12) << "16 would be in time, but only just";
  EXPECT_EQ(draft_at(518, 0.7 * ms, 12)->patches, 16);
}

TEST(Draft, APassThatRestartsLateNeedsNone) {
  const vit::Preprocessing exact = crop(518);
  const vit::ModelConfig network = config();
  const PredictMs predict = [&](const vit::TokenGrid& grid, int first_block) {
    return 0.4 * grid.rows * grid.cols * (network.depth - first_block) / network.depth;
  };
  DraftQuestion question{.config = network, .photo = kPhoto, .exact = exact, .first_block = 0};
  EXPECT_TRUE(draft_for(question, predict));
  question.first_block = network.depth - 1;
  EXPECT_FALSE(draft_for(question, predict));
}

TEST(Draft, ThatIsHardlyQuickerIsNotWorthWhile) {
  const vit::Preprocessing exact = crop(518);
  const vit::ModelConfig network = config();
  const DraftQuestion question{.config = network, .photo = kPhoto, .exact = exact};
  EXPECT_FALSE(draft_for(question, [](const vit::TokenGrid&, int) { return 200.0; }));
}

TEST(Draft, NetworksOfOneSizeHaveNoneAndSayWhy) {
  vit::ModelConfig fixed = config();
  fixed.family = "Some ViT";
  EXPECT_EQ(draft_refusal(fixed), "");
  fixed.position.resampled = false;
  const vit::Preprocessing exact = crop(518);
  EXPECT_FALSE(draft_for({.config = fixed, .photo = kPhoto, .exact = exact}, per_patch(1)));
  EXPECT_EQ(draft_refusal(fixed), "Some ViT runs at its own size only, so that a drag shows no drafts.");
}

TEST(Draft, ShowsTheSamePartOfThePhotoWhateverTheRules) {
  const auto photo = std::make_shared<const vit::Image>(
      vit::Image{.width = 640, .height = 427, .rgb = std::vector<std::uint8_t>(640 * 427 * 3, 90), .name = "grey"});
  std::vector<vit::Preprocessing> all;
  for (const vit::ResizeRule resize :
       {vit::ResizeRule::shorter_side, vit::ResizeRule::longer_side, vit::ResizeRule::squash, vit::ResizeRule::none}) {
    for (const vit::CropRule rule : {vit::CropRule::center, vit::CropRule::multiple}) {
      vit::Preprocessing rules = crop(392);
      rules.resize = resize;
      rules.crop = rule;
      all.push_back(rules);
    }
  }
  all.push_back(crop(392));
  all.back().resize_px = 448;  // with a margin
  all.push_back(crop(392));
  all.back().width = 280;
  for (const vit::Preprocessing& rules : all) {
    SCOPED_TRACE(vit::describe(rules));
    for (const int patches : {8, 16}) {
      const auto smaller = smaller_input(rules, {photo->width, photo->height}, 14, patches);
      ASSERT_TRUE(smaller);
      const vit::Pixels exact = vit::preprocess(*photo, rules, 14), draft = vit::preprocess(*photo, *smaller, 14);
      EXPECT_EQ(std::min(draft.width, draft.height), patches * 14);
      EXPECT_EQ(draft.width % 14 + draft.height % 14, 0);
      const double patch = exact.box.width / (draft.width / 14);  // of the draft, photo px
      EXPECT_NEAR(draft.box.x, exact.box.x, patch / 2);
      EXPECT_NEAR(draft.box.y, exact.box.y, patch / 2);
      // Edges that are cut to whole patches are cut to larger ones.
      const double slack = rules.crop == vit::CropRule::multiple ? patch : patch / 2;
      EXPECT_NEAR(draft.box.width, exact.box.width, slack);
      EXPECT_NEAR(draft.box.height, exact.box.height, slack);
    }
    EXPECT_FALSE(smaller_input(rules, {photo->width, photo->height}, 14, 48)) << "that is no smaller";
  }
}

TEST(PassSpeed, PredictsWithEachOperatorsOwnRate) {
  vit::Trace trace;
  const auto model = vit::testing_models::make_model(vit::testing_models::small_config());
  trace.model = model;
  trace.settings = vit::trained_settings(model->config);
  trace.grid = {1, 5, 5};
  trace.timings.blocks.resize(3);
  for (vit::OpTimes& block : trace.timings.blocks) {
    block[static_cast<std::size_t>(vit::Op::qkv)] = 2;      // as the tokens
    block[static_cast<std::size_t>(vit::Op::softmax)] = 1;  // as their square and the heads
  }
  trace.timings.wall_ms = 18;  // twice the rows
  PassSpeed speed;
  EXPECT_FALSE(speed.known());
  EXPECT_EQ(speed.predict_ms(trace.grid, trace.settings, 0), 0);
  speed.note(trace);
  EXPECT_NEAR(speed.predict_ms(trace.grid, trace.settings, 0), 18, 1e-9);
  EXPECT_NEAR(speed.predict_ms(trace.grid, trace.settings, 2), 6, 1e-9);
  const vit::TokenGrid larger{1, 17, 3};  // 52 tokens in place of 26
  EXPECT_NEAR(speed.predict_ms(larger, trace.settings, 0), 2 * 3 * (2 * 2 + 4 * 1), 1e-9);
  vit::Settings more = trace.settings;
  more.set_heads(8);
  EXPECT_NEAR(speed.predict_ms(trace.grid, more, 0), 2 * 3 * (2 + 2 * 1), 1e-9);
}

TEST(PassSpeed, APassThatRanNoBlockSaysNothing) {
  vit::Trace trace;
  const auto model = vit::testing_models::make_model(vit::testing_models::small_config());
  trace.model = model;
  trace.settings = vit::trained_settings(model->config);
  trace.timings.first_block = 3;
  trace.timings.wall_ms = 1;
  PassSpeed speed;
  speed.note(trace);
  EXPECT_FALSE(speed.known());
}

TEST(Hand, HoldsWhileAButtonIsDownOrAKeyRepeats) {
  Hand hand;
  hand.watch(1.0, false);
  hand.change(1.0);
  EXPECT_FALSE(hand.holds()) << "a single step";
  hand.watch(1.2, false);
  hand.change(1.2);
  EXPECT_TRUE(hand.holds());
  hand.watch(1.5, false);
  EXPECT_TRUE(hand.holds());
  hand.watch(1.7, false);
  EXPECT_FALSE(hand.holds());
  hand.watch(1.8, true);
  EXPECT_TRUE(hand.holds());
  hand.watch(1.9, false);
  EXPECT_FALSE(hand.holds());
}

}  // namespace
}  // namespace headlight
