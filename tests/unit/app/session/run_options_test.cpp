#include "app/session/run_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/error.h"

namespace headlight {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

vit::ModelConfig small_config() {
  vit::ModelConfig config;
  config.depth = 4;
  config.channels = 12;
  config.num_heads = 3;
  config.hidden = 48;
  config.patch_px = 4;
  config.grid_height = config.grid_width = 2;
  config.classes = 2;
  return config;
}

TEST(NumHeads, OneNumberIsForAllBlocks) {
  EXPECT_THAT(parse_num_heads("6", small_config()), ElementsAre(6, 6, 6, 6));
}

TEST(NumHeads, NamedBlocksChangeTheOthersStayTrained) {
  EXPECT_THAT(parse_num_heads("0:1,3:12", small_config()), ElementsAre(1, 3, 3, 12));
}

TEST(NumHeads, EmptyTextIsAsTrained) {
  EXPECT_THAT(parse_num_heads("", small_config()), ElementsAre(3, 3, 3, 3));
}

TEST(NumHeads, ANumberForAllMayBeFollowedByExceptions) {
  EXPECT_THAT(parse_num_heads("2,1:4", small_config()), ElementsAre(2, 4, 2, 2));
}

TEST(NumHeads, WhatDoesNotDivideIsRefusedByNamingTheDivisors) {
  EXPECT_THAT([] { parse_num_heads("5", small_config()); }, ThrowsMessage<vit::Error>(HasSubstr("1, 2, 3, 4, 6, 12")));
}

TEST(NumHeads, NonsenseIsRefused) {
  for (const char* text : {"x", "4:3", "-1:3", "1:", ",", "3,", "3 ", "0x3", "99999999999"})
    EXPECT_THROW(parse_num_heads(text, small_config()), vit::Error) << text;
}

TEST(Rgb, OneNumberOrThree) {
  EXPECT_THAT(parse_rgb("0.5"), ElementsAre(0.5f, 0.5f, 0.5f));
  EXPECT_THAT(parse_rgb("0.485,0.456,0.406"), ElementsAre(0.485f, 0.456f, 0.406f));
  for (const char* text : {"", "1,2", "1,2,3,4", "a,b,c", "1,,2", "nan"})
    EXPECT_THROW(parse_rgb(text), vit::Error) << text;
}

TEST(Preprocessing, NothingAskedChangesNothing) {
  const vit::Preprocessing base{.resize_px = 248, .width = 224, .height = 224};
  EXPECT_EQ(preprocessing_for({}, base), base);
}

TEST(Preprocessing, ANewCropKeepsTheSamePartOfThePicture) {
  const vit::Preprocessing base{.resize_px = 248, .width = 224, .height = 224};
  const vit::Preprocessing larger = preprocessing_for({.crop = "448"}, base);
  EXPECT_EQ(larger.width, 448);
  EXPECT_EQ(larger.height, 448);
  EXPECT_EQ(larger.resize_px, 496);
  const vit::Preprocessing explicit_resize = preprocessing_for({.resize = "256", .crop = "448x224"}, base);
  EXPECT_EQ(explicit_resize.resize_px, 256);
  EXPECT_EQ(explicit_resize.width, 448);
  EXPECT_EQ(explicit_resize.height, 224);
}

TEST(Preprocessing, RulesByName) {
  const vit::Preprocessing base;
  EXPECT_EQ(preprocessing_for({.resize = "squash"}, base).resize, vit::ResizeRule::squash);
  EXPECT_EQ(preprocessing_for({.resize = "longer:300"}, base).resize, vit::ResizeRule::longer_side);
  EXPECT_EQ(preprocessing_for({.resize = "longer:300"}, base).resize_px, 300);
  EXPECT_EQ(preprocessing_for({.crop = "multiple"}, base).crop, vit::CropRule::multiple);
  EXPECT_EQ(preprocessing_for({.interpolation = vit::Interpolation::bilinear}, base).interpolation,
            vit::Interpolation::bilinear);
  for (const char* text : {"tall", "shorter", "shorter:0", "shorter:x", "none:3", "-5"})
    EXPECT_THROW(preprocessing_for({.resize = text}, base), vit::Error) << text;
  for (const char* text : {"0", "2x2x2", "ax3", "20000"})
    EXPECT_THROW(preprocessing_for({.crop = text}, base), vit::Error) << text;
}

TEST(Preprocessing, ASquashIsRelativeToTheInputThatFollows) {
  const vit::Preprocessing base{.resize_px = 248, .width = 224, .height = 224};
  const vit::Preprocessing squash = preprocessing_for({.resize = "squash:512", .crop = "448"}, base);
  EXPECT_EQ(squash.resize, vit::ResizeRule::squash);
  EXPECT_DOUBLE_EQ(squash.squash_scale, 512.0 / 448);
  EXPECT_EQ(preprocessing_for({.resize = "squash"}, squash).squash_scale, squash.squash_scale) << "stays";
  EXPECT_THROW(preprocessing_for({.resize = "squash:0"}, base), vit::Error);
}

TEST(Preprocessing, CropRoundingByName) {
  const vit::Preprocessing base;
  EXPECT_FALSE(base.crop_rounds_down);
  const vit::Preprocessing down = preprocessing_for({.crop_rounding = "down"}, base);
  EXPECT_TRUE(down.crop_rounds_down);
  EXPECT_FALSE(preprocessing_for({.crop_rounding = "even"}, down).crop_rounds_down);
  EXPECT_THROW(preprocessing_for({.crop_rounding = "up"}, base), vit::Error);
}

vit::Numbers with_off(const std::string& text) {
  RunOptions options;
  options.num_heads = "3:6";
  options.heads_off = text;
  return settings_for(options, small_config());
}

TEST(HeadsOff, ListsSpansAndAll) {
  EXPECT_FALSE(with_off("").any_off());
  EXPECT_THAT(with_off("2:0").heads_off(), ElementsAre(IsEmpty(), IsEmpty(), ElementsAre(0), IsEmpty()));
  EXPECT_THAT(with_off("0:2,0,3:1-3,5").heads_off(),
              ElementsAre(ElementsAre(0, 2), IsEmpty(), IsEmpty(), ElementsAre(1, 2, 3, 5)));
  EXPECT_THAT(with_off("all:2").heads_off(), Each(ElementsAre(2)));
  EXPECT_THAT(with_off("0-1:all").heads_off(),
              ElementsAre(ElementsAre(0, 1, 2), ElementsAre(0, 1, 2), IsEmpty(), IsEmpty()));
}

TEST(HeadsOff, WhatDoesNotExistIsNamed) {
  EXPECT_THAT([] { with_off("1:3"); }, ThrowsMessage<vit::Error>(HasSubstr("head 3 of block 1")));
  EXPECT_THAT([] { with_off("1:3"); }, ThrowsMessage<vit::Error>(HasSubstr("heads 0 to 2")));
  EXPECT_THAT([] { with_off("4:0"); }, ThrowsMessage<vit::Error>(HasSubstr("blocks are 0 to 3")));
}

TEST(HeadsOff, WhatCannotBeReadIsRefused) {
  for (const char* text : {"0", "0,1:2", "1:", ":1", "1:x", "1:2-1", "1:0-1-2", "1:-1", "-1:0", "1:0,", ",", "1:0;2:1"})
    EXPECT_THAT([&] { with_off(text); }, ThrowsMessage<vit::Error>(HasSubstr("cannot be read"))) << text;
}

vit::Numbers with_factors(const std::string& text, const std::string& off = "") {
  RunOptions options;
  options.num_heads = "3:6";
  options.heads_off = off;
  options.heads_scaled = text;
  return settings_for(options, small_config());
}

TEST(ScaledHeads, ListsSpansAndAll) {
  EXPECT_FALSE(with_factors("").any_scaled());
  EXPECT_THAT(with_factors("2:0=0.5").head_factors()[2], ElementsAre(0.5f, 1.f, 1.f));
  EXPECT_THAT(
      with_factors("0:2=2,0=1.5,3:1-3=0.25").head_factors(),
      ElementsAre(ElementsAre(1.5f, 1.f, 2.f), Each(1.f), Each(1.f), ElementsAre(1.f, 0.25f, 0.25f, 0.25f, 1.f, 1.f)));
  EXPECT_THAT(with_factors("all:2=3").head_factors()[1], ElementsAre(1.f, 1.f, 3.f));
  const vit::Numbers off = with_factors("1:0=0,1=1");
  EXPECT_THAT(off.heads_off()[1], ElementsAre(0)) << "a factor of 0 is a head that is off";
  EXPECT_FALSE(off.any_scaled()) << "1 is as trained";
}

TEST(ScaledHeads, WhatIsWrongIsNamed) {
  for (const char* text : {"1:0", "1:0=", "1:0=x", "1:0=1=2", "1=2", "0=1", "1:0=nan", "1:0=0.5,"})
    EXPECT_THAT([&] { with_factors(text); }, ThrowsMessage<vit::Error>(HasSubstr("cannot be read"))) << text;
  for (const char* text : {"1:0=-1", "1:0=11"})
    EXPECT_THAT([&] { with_factors(text); }, ThrowsMessage<vit::Error>(HasSubstr("0 to 10"))) << text;
  EXPECT_THAT([] { with_factors("1:3=2"); }, ThrowsMessage<vit::Error>(HasSubstr("head 3 of block 1")));
  EXPECT_THAT([] { with_factors("1:2=2", "1:2"); }, ThrowsMessage<vit::Error>(HasSubstr("switched off")));
  EXPECT_THAT([] { with_off("1:2=2"); }, ThrowsMessage<vit::Error>(HasSubstr("cannot be read")));
}

TEST(Settings, UserChangesOnTopOfTheTrainedOnes) {
  RunOptions options;
  options.num_heads = "1:6";
  options.qkv_bias = false;
  options.kernel = vit::Kernel::eager;
  options.threads = 2;
  const vit::Settings settings = settings_for(options, small_config());
  EXPECT_THAT(settings.head_counts(), ElementsAre(3, 6, 3, 3));
  EXPECT_FALSE(settings.qkv_bias);
  EXPECT_EQ(settings.kernel, vit::Kernel::eager);
  EXPECT_EQ(settings.threads, 2);
}

TEST(Settings, Bf16NeedsAProcessorThatHasIt) {
  RunOptions options;
  options.precision = vit::Precision::bf16;
  if (vit::has_bf16(vit::Kernel::tiled))
    EXPECT_EQ(settings_for(options, small_config()).precision, vit::Precision::bf16);
  else
    EXPECT_THAT([&] { settings_for(options, small_config()); },
                ThrowsMessage<vit::Error>(HasSubstr("take the precision exact")));
  options.kernel = vit::Kernel::reference;
  EXPECT_EQ(settings_for(options, small_config()).precision, vit::Precision::bf16);
}

}  // namespace
}  // namespace headlight
