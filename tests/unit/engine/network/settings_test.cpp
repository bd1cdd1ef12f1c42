#include "engine/network/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "engine/base/error.h"
#include "engine/network/model.h"
#include "tests/unit/small_models.h"

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
  EXPECT_THAT(settings.head_counts(), ElementsAre(4, 4, 4));
  EXPECT_GE(settings.threads, 1);
  EXPECT_EQ(refusal(settings, tiny()), "");
}

TEST(Settings, EveryDivisorIsAcceptedAndNothingElse) {
  for (int heads = -1; heads <= 14; ++heads) {
    Settings settings = trained_settings(tiny());
    settings.set_heads(heads, 1);
    const bool divides = heads >= 1 && 12 % heads == 0;
    EXPECT_EQ(refusal(settings, tiny()).empty(), divides) << heads;
  }
}

TEST(Settings, ARefusedHeadCountNamesTheDivisors) {
  Settings settings = trained_settings(tiny());
  settings.set_heads(5, 2);
  EXPECT_EQ(refusal(settings, tiny()), "5 heads do not divide C = 12: possible are 1, 2, 3, 4, 6, 12.");
}

TEST(Settings, HeadsThatAreMixedKeepTheirCount) {
  ModelConfig config = tiny();
  config.talking_heads = true;
  EXPECT_THAT(possible_heads(config), ElementsAre(config.num_heads));
  Settings settings = trained_settings(config);
  EXPECT_EQ(refusal(settings, config), "");
  settings.set_heads(2);
  EXPECT_EQ(refusal(settings, config),
            "This network runs with its 4 trained heads only, because its heads are mixed by weights of the trained "
            "heads (talking heads).");
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
  settings.blocks.pop_back();
  EXPECT_THAT(refusal(settings, tiny()), HasSubstr("2 blocks"));
}

TEST(Settings, AHeadChangeRestartsAtItsBlock) {
  const Settings a = trained_settings(tiny());
  EXPECT_EQ(first_changed_block(a, a), 3);
  Settings b = a;
  b.set_heads(6, 2);
  EXPECT_EQ(first_changed_block(a, b), 2);
  b.set_heads(1, 1);
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

TEST(Settings, HeadsGoOffAndOn) {
  Settings settings = trained_settings(tiny());
  settings.switch_head(1, 3, true);
  settings.switch_head(1, 0, true);
  settings.switch_head(1, 3, true);
  EXPECT_THAT(settings.blocks[1].off, ElementsAre(0, 3));
  EXPECT_TRUE(settings.blocks[1].is_off(3));
  EXPECT_FALSE(settings.blocks[0].is_off(3));
  EXPECT_EQ(refusal(settings, tiny()), "");
  settings.switch_head(1, 0, false);
  settings.switch_head(1, 2, false);
  EXPECT_THAT(settings.blocks[1].off, ElementsAre(3));
  settings.switch_all_on();
  EXPECT_FALSE(settings.any_off());
  EXPECT_EQ(settings, trained_settings(tiny()));
}

TEST(Settings, AFactorIsZeroWhereAHeadIsOffAndOneAsTrained) {
  Settings settings = trained_settings(tiny());
  settings.scale_head(1, 2, 0.5f);
  settings.scale_head(1, 0, 0.f);
  EXPECT_THAT(settings.head_factors()[1], ElementsAre(0.f, 1.f, 0.5f, 1.f));
  EXPECT_THAT(settings.blocks[1].off, ElementsAre(0));
  EXPECT_EQ(refusal(settings, tiny()), "");
  EXPECT_EQ(first_changed_block(settings, trained_settings(tiny())), 1);
  EXPECT_TRUE(same_work(settings, trained_settings(tiny()))) << "it takes the same steps";
  EXPECT_FALSE(as_trained(settings, tiny()));
  settings.switch_head(1, 2, false);
  EXPECT_EQ(settings.blocks[1].factor(2), 0.5f) << "it was on";
  settings.switch_head(1, 2, true);
  settings.switch_head(1, 2, false);
  EXPECT_EQ(settings.blocks[1].factor(2), 1.f) << "switched on as trained";
  settings.scale_head(1, 0, 1.f);
  EXPECT_TRUE(as_trained(settings, tiny()));
  settings.scale_head(2, 3, 2.f);
  settings.set_heads(2, 2);
  EXPECT_FALSE(settings.any_scaled()) << "its heads are others now";
}

TEST(Settings, AFactorThatCannotBeIsRefused) {
  Settings settings = trained_settings(tiny());
  settings.blocks[2].scaled[4] = 2.f;
  EXPECT_EQ(refusal(settings, tiny()), "There is no head 4 to scale in block 2: it has heads 0 to 3.");
  for (const float factor : {0.f, -1.f, 10.5f, std::numeric_limits<float>::quiet_NaN()}) {
    settings.blocks[2].scaled = {{1, factor}};
    EXPECT_THAT(refusal(settings, tiny()), HasSubstr("cannot be scaled")) << factor;
  }
  settings.blocks[2].scaled = {{1, 2.f}};
  settings.blocks[2].off = {1};
  EXPECT_THAT(refusal(settings, tiny()), HasSubstr("a head that is on"));
}

TEST(Settings, AnotherHeadCountSwitchesTheBlocksHeadsOn) {
  Settings settings = trained_settings(tiny());
  for (int block = 0; block < 3; ++block) settings.switch_head(block, 3, true);
  settings.set_heads(4, 0);  // as it is: nothing changes
  EXPECT_TRUE(settings.blocks[0].is_off(3));
  settings.set_heads(2, 1);
  EXPECT_EQ(settings.blocks[1], (BlockSettings{2, {}, {}}));
  EXPECT_TRUE(settings.blocks[2].is_off(3));
  settings.set_heads(12);
  EXPECT_FALSE(settings.any_off());
}

TEST(Settings, AHeadThatDoesNotExistIsRefusedByName) {
  Settings settings = trained_settings(tiny());
  settings.blocks[2].off = {1, 4};
  EXPECT_EQ(refusal(settings, tiny()), "There is no head 4 to switch off in block 2: it has heads 0 to 3.");
  settings.blocks[2].off = {-1};
  EXPECT_THAT(refusal(settings, tiny()), HasSubstr("no head -1"));
  settings.blocks[2].off = {2, 1};
  EXPECT_THAT(refusal(settings, tiny()), HasSubstr("ascending"));
  settings.blocks[2].off = {1, 1};
  EXPECT_THAT(refusal(settings, tiny()), HasSubstr("once"));
}

TEST(Settings, HeadsOffRestartAtTheirBlock) {
  const Settings a = trained_settings(tiny());
  for (int block = 0; block < 3; ++block) {
    Settings b = a;
    b.switch_head(block, 0, true);
    EXPECT_EQ(first_changed_block(a, b), block);
    EXPECT_FALSE(same_numbers(a, b));
    EXPECT_FALSE(as_trained(b, tiny()));
  }
}

TEST(Settings, TheEffectiveFormForgetsWhatDoesNotAct) {
  Numbers numbers = trained_settings(tiny());
  const Numbers plain = numbers;
  numbers.attn_drop = 0.3f;
  numbers.seed = 7;
  EXPECT_EQ(effective(numbers), plain) << "not in training mode";
  numbers.training = true;
  EXPECT_EQ(effective(numbers), numbers);
  numbers.attn_drop = 0.f;
  EXPECT_EQ(effective(numbers), plain) << "nothing is dropped";
  EXPECT_TRUE(as_trained(numbers, tiny()));
}

TEST(Settings, WorkIsTheSameWhateverTheSeedAndTheHeadsThatAreOff) {
  Settings a = trained_settings(tiny());
  a.training = true;
  a.attn_drop = 0.2f;
  Settings b = a;
  b.seed = 3;
  b.switch_head(1, 2, true);
  EXPECT_TRUE(same_work(a, b));
  EXPECT_FALSE(same_numbers(a, b));
  for (const auto& change : std::vector<std::function<void(Settings&)>>{
           [](Settings& s) { ++s.threads; }, [](Settings& s) { s.kernel = Kernel::eager; },
           [](Settings& s) { s.keep = Keep::none; }, [](Settings& s) { s.set_heads(6, 0); },
           [](Settings& s) { s.qkv_bias = false; }, [](Settings& s) { s.training = false; }}) {
    Settings other = a;
    change(other);
    EXPECT_FALSE(same_work(a, other));
  }
}

TEST(Settings, ABiasThatTheModelLacksIsNoDeparture) {
  ModelConfig config = tiny();
  Settings settings = trained_settings(config);
  settings.qkv_bias = false;
  EXPECT_FALSE(as_trained(settings, config));
  config.qkv_bias = false;
  EXPECT_TRUE(as_trained(settings, config));
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

TEST(Bf16, IsTakenForDraftsOnlyWhereAPassGainsByIt) {
  EXPECT_FALSE(is_worth_rounding(0));    // there are no such products
  EXPECT_FALSE(is_worth_rounding(0.5));  // Intel's Emerald Rapids without AMX
  EXPECT_FALSE(is_worth_rounding(1.1));
  EXPECT_TRUE(is_worth_rounding(1.86));  // AMD's Zen 5
  EXPECT_FALSE(is_quicker_with_bf16(Kernel::reference)) << "plain loops round as slowly as they multiply";
}

TEST(Bf16, HiddenNumbersStandInPairsWhereFc2AloneReadsThem) {
  ModelConfig config = testing_models::small_config();
  Execution execution;
  EXPECT_FALSE(pairs_hidden(config, execution)) << "exact";
  execution.precision = Precision::bf16;
  EXPECT_TRUE(pairs_hidden(config, execution));
  EXPECT_EQ(longest_rounded_row(config, execution), config.channels);
  execution.bf16.patch_embed = true;
  EXPECT_EQ(longest_rounded_row(config, execution), std::max(3 * config.patch_px * config.patch_px, config.channels));
  config.swiglu = true;
  EXPECT_FALSE(pairs_hidden(config, execution));
  config.swiglu = false;
  config.mlp_norm = true;
  EXPECT_FALSE(pairs_hidden(config, execution));
  config.hidden = 5000;
  EXPECT_EQ(longest_rounded_row(config, execution), 5000);
  config.mlp_norm = false;
  execution.bf16.fc2 = false;
  EXPECT_FALSE(pairs_hidden(config, execution));
}

}  // namespace
}  // namespace vit
