// How far settings moved a network's features, against sums written out by hand.
#include "app/analysis/features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/analysis_support.h"

namespace headlight {
namespace {

using ::testing::HasSubstr;
using vit::testing_passes::pass;

double cosine_of_rows(const vit::Trace& a, int row, const vit::Trace& b, int other) {
  double ab = 0, aa = 0, bb = 0;
  for (int c = 0; c < a.features.cols(); ++c) {
    ab += double{a.features(row, c)} * b.features(other, c);
    aa += double{a.features(row, c)} * a.features(row, c);
    bb += double{b.features(other, c)} * b.features(other, c);
  }
  return ab / std::sqrt(aa) / std::sqrt(bb);
}

TEST(Features, AsTrainedNothingMovedAndTheSentenceSaysWhatToDo) {
  const auto trained = pass({});
  const FeatureFacts facts = feature_facts(*trained, trained.get(), 3);
  EXPECT_FALSE(facts.change);
  EXPECT_FALSE(facts.departs);
  EXPECT_EQ(facts.channels, 24);
  EXPECT_THAT(feature_sentence(facts), HasSubstr("gives each token 24 features"));
}

TEST(Features, AChangeIsTheCosineOfTheClassTokenAndTheLengthOfWhatMoved) {
  const auto trained = pass({});
  const auto now = pass({.heads = 24}, trained.get());
  const FeatureFacts facts = feature_facts(*now, trained.get(), 3);
  ASSERT_TRUE(facts.change);
  EXPECT_NEAR(facts.change->cosine, cosine_of_rows(*now, 0, *trained, 0), 1e-9);
  EXPECT_LT(facts.change->cosine, 1);
  double moved = 0, whole = 0;
  for (int t = 0; t < now->grid.tokens(); ++t)
    for (int c = 0; c < 24; ++c) {
      moved += std::pow(double{now->features(t, c)} - trained->features(t, c), 2);
      whole += std::pow(double{trained->features(t, c)}, 2);
    }
  EXPECT_NEAR(facts.change->moved, std::sqrt(moved / whole), 1e-9);
  EXPECT_GT(facts.change->moved, 0);
  EXPECT_THAT(feature_sentence(facts), HasSubstr("leave the class token a cosine of"));
}

TEST(Features, WithoutATrainedPassNothingIsClaimed) {
  const auto trained = pass({});
  const auto now = pass({.heads = 24}, trained.get());
  const FeatureFacts facts = feature_facts(*now, nullptr, 3);
  EXPECT_TRUE(facts.departs);
  EXPECT_FALSE(facts.change);
  EXPECT_THAT(feature_sentence(facts), HasSubstr("still to come"));
}

TEST(Features, ThePatchesMostLikeTheClassTokenComeFirst) {
  for (const char* model : {vit::testing_passes::kSmall, vit::testing_passes::kWithPrefix}) {
    const auto trace = pass({.model = model});
    const FeatureFacts facts = feature_facts(*trace, nullptr, 16);
    ASSERT_EQ(facts.alike.size(), 16u);
    for (std::size_t i = 0; i < facts.alike.size(); ++i) {
      EXPECT_GE(facts.alike[i].token, trace->grid.prefix) << "a patch";
      EXPECT_NEAR(facts.alike[i].cosine, cosine_of_rows(*trace, facts.alike[i].token, *trace, 0), 1e-9);
      if (i > 0) {
        EXPECT_GE(facts.alike[i - 1].cosine, facts.alike[i].cosine);
      }
    }
    EXPECT_EQ(feature_facts(*trace, nullptr, 3).alike.size(), 3u);
  }
}

}  // namespace
}  // namespace headlight
