#include "app/session/wanted_options.h"

#include <gtest/gtest.h>

#include "engine/checkpoint/load_model.h"

namespace headlight {
namespace {

std::shared_ptr<const vit::Model> model() {
  return vit::load_model("random:C=48,L=3,h=4,P=8,S=32,K=5,seed=3");
}

Wanted wanted_of(const vit::Model& model) {
  Wanted wanted;
  wanted.settings = vit::trained_settings(model.config);
  wanted.preprocessing = model.preprocessing;
  return wanted;
}

/// The run that both ways of writing the options give.
void expect_same_run(const Wanted& wanted, const vit::Model& model) {
  for (const bool for_people : {false, true}) {
    const RunOptions options = for_people ? options_of(wanted, model) : options_of(wanted);
    EXPECT_EQ(preprocessing_for(options.preprocessing, model.preprocessing), wanted.preprocessing) << for_people;
    const vit::Settings settings = settings_for(options, model.config);
    EXPECT_TRUE(vit::same_numbers(settings, wanted.settings)) << for_people;
    EXPECT_EQ(settings.kernel, wanted.settings.kernel) << for_people;
    EXPECT_EQ(settings.precision, wanted.settings.precision) << for_people;
  }
}

TEST(WantedOptions, GiveTheSameSettings) {
  const auto network = model();
  Wanted wanted = wanted_of(*network);
  expect_same_run(wanted, *network);
  wanted.settings.set_heads(8, 1);
  wanted.settings.switch_head(0, 1, true);
  wanted.settings.switch_head(0, 3, true);
  wanted.settings.switch_head(2, 0, true);
  wanted.settings.scale_head(0, 2, 0.35f);
  wanted.settings.scale_head(2, 1, 1.f / 3);
  wanted.settings.scale_head(2, 3, 7.f);
  wanted.settings.qkv_bias = false;
  wanted.settings.kernel = vit::Kernel::eager;
  expect_same_run(wanted, *network);
  wanted.settings.kernel = vit::Kernel::reference;  // which rounds on every processor
  wanted.settings.precision = vit::Precision::bf16;
  expect_same_run(wanted, *network);
  wanted.settings.training = true;
  wanted.settings.attn_drop = 0.1f;
  wanted.settings.proj_drop = 1.f / 3;
  wanted.settings.seed = 18446744073709551615u;
  expect_same_run(wanted, *network);
}

TEST(WantedOptions, SayWhetherTheColourProfileIsApplied) {
  const auto network = model();
  Wanted wanted = wanted_of(*network);
  EXPECT_FALSE(options_of(wanted, *network).reading.applies_profile);
  wanted.reading.applies_profile = true;
  EXPECT_TRUE(options_of(wanted, *network).reading.applies_profile);
}

TEST(WantedOptions, HoldTheLevels) {
  const auto network = model();
  Wanted wanted = wanted_of(*network);
  wanted.reading.levels = vit::parse_levels("0,4095");
  EXPECT_EQ(options_of(wanted, *network).reading.levels, wanted.reading.levels);
}

TEST(WantedOptions, GiveTheSamePreprocessing) {
  const auto network = model();
  Wanted wanted = wanted_of(*network);
  for (const vit::Choice<vit::ResizeRule>& rule : choices(vit::ResizeRule{})) {
    const vit::ResizeRule resize = rule.value;
    wanted.preprocessing = network->preprocessing;
    wanted.preprocessing.resize = resize;
    if (resize == vit::ResizeRule::shorter_side) wanted.preprocessing.longest_px = 133;
    if (resize == vit::ResizeRule::shorter_side || resize == vit::ResizeRule::least) wanted.preprocessing.multiple = 7;
    if (resize == vit::ResizeRule::shorter_side || resize == vit::ResizeRule::longer_side)
      wanted.preprocessing.resize_px = 77;
    wanted.preprocessing.width = 98;
    wanted.preprocessing.height = 104;
    if (resize == vit::ResizeRule::squash) wanted.preprocessing.squash_scale = 248.0 / 224;
    wanted.preprocessing.interpolation = vit::Interpolation::lanczos;
    wanted.preprocessing.mean = {0.485f, -0.456f, 0.406f};
    wanted.preprocessing.std = {0.229f, 0.224f, 0.1f};
    wanted.preprocessing.crop_rounds_down = !network->preprocessing.crop_rounds_down;
    expect_same_run(wanted, *network);
  }
  wanted.preprocessing = network->preprocessing;
  wanted.preprocessing.resize = vit::ResizeRule::longer_side;
  wanted.preprocessing.crop = vit::CropRule::multiple;
  expect_same_run(wanted, *network);
}

TEST(WantedOptions, LeaveOutWhatTheModelDoesByItself) {
  const auto network = model();
  const RunOptions options = options_of(wanted_of(*network), *network);
  EXPECT_EQ(options.preprocessing, PreprocessingOptions());
  EXPECT_EQ(options.num_heads, "");
  EXPECT_EQ(options.heads_off, "");
  EXPECT_FALSE(options.kernel);
  EXPECT_FALSE(options.precision);
}

}  // namespace
}  // namespace headlight
