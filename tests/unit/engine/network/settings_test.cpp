#include "engine/network/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "engine/base/error.h"
#include "engine/network/model.h"

namespace vit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ModelConfig tiny() {
  ModelConfig config;
  config.depth = 3;
  config.channels = 12;
  config.num_heads = 4;
  return config;
}

std::string refusal(const Settings& settings, const ModelConfig& config) {
  try {
    validate(settings, config);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Settings, DivisorsAreTheHeadCountsInOrder) {
  EXPECT_THAT(divisors(12), ElementsAre(1, 2, 3, 4, 6, 12));
  EXPECT_THAT(divisors(1), ElementsAre(1));
  EXPECT_THAT(divisors(7), ElementsAre(1, 7));
}

TEST(Settings, AsTrainedIsAccepted) {
  const Settings settings = trained_settings(tiny());
  EXPECT_THAT(settings.num_heads, ElementsAre(4, 4, 4));
  EXPECT_GE(settings.threads, 1);
  EXPECT_EQ(refusal(settings, tiny()), "");
}

TEST(Settings, EveryDivisorIsAcceptedAndNothingElse) {
  for (int heads = -1; heads <= 14; ++heads) {
    Settings settings = trained_settings(tiny());
    settings.num_heads[1] = heads;
    const bool divides = heads >= 1 && 12 % heads == 0;
    EXPECT_EQ(refusal(settings, tiny()).empty(), divides) << heads;
  }
}

TEST(Settings, ARefusedHeadCountNamesTheDivisors) {
  Settings settings = trained_settings(tiny());
  settings.num_heads[2] = 5;
  EXPECT_EQ(refusal(settings, tiny()), "5 heads do not divide C = 12: possible are 1, 2, 3, 4, 6, 12.");
}

TEST(Settings, ProbabilitiesThreadsAndDepthAreChecked) {
  Settings settings = trained_settings(tiny());
  for (float p : {1.f, -0.1f, std::numeric_limits<float>::quiet_NaN()}) {
    settings.attn_drop = p;
    EXPECT_THAT(refusal(settings, tiny()), HasSubstr("attn_drop")) << p;
  }
  settings = trained_settings(tiny());
  settings.proj_drop = 1.5f;
  EXPECT_THAT(refusal(settings, tiny()), HasSubstr("proj_drop"));
  settings = trained_settings(tiny());
  settings.threads = 0;
  EXPECT_THAT(refusal(settings, tiny()), HasSubstr("threads"));
  settings = trained_settings(tiny());
  settings.num_heads.pop_back();
  EXPECT_THAT(refusal(settings, tiny()), HasSubstr("2 blocks"));
}

TEST(Settings, AHeadChangeRestartsAtItsBlock) {
  const Settings a = trained_settings(tiny());
  EXPECT_EQ(first_changed_block(a, a), 3);
  Settings b = a;
  b.num_heads[2] = 6;
  EXPECT_EQ(first_changed_block(a, b), 2);
  b.num_heads[1] = 1;
  EXPECT_EQ(first_changed_block(a, b), 1);
}

TEST(Settings, BiasAndKernelRestartAtZeroThreadsAndKeepNowhere) {
  const Settings a = trained_settings(tiny());
  Settings b = a;
  b.qkv_bias = false;
  EXPECT_EQ(first_changed_block(a, b), 0);
  b = a;
  b.kernel = Kernel::eager;
  EXPECT_EQ(first_changed_block(a, b), 0);
  b = a;
  b.threads = a.threads + 1;
  b.keep = Keep::qk;
  EXPECT_EQ(first_changed_block(a, b), 3);
}

TEST(Settings, DropoutMattersInTrainingOnly) {
  const Settings a = trained_settings(tiny());
  Settings b = a;
  b.attn_drop = b.proj_drop = 0.5f;
  b.seed = 9;
  EXPECT_EQ(first_changed_block(a, b), 3);
  b.training = true;
  EXPECT_EQ(first_changed_block(a, b), 0);
  Settings c = b;
  c.seed = 10;
  EXPECT_EQ(first_changed_block(b, c), 0);
}

}  // namespace
}  // namespace vit
