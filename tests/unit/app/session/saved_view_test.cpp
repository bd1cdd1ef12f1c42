#include "app/session/saved_view.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "tests/unit/temp_folder.h"

namespace headlight {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// Every field another than by default.
Wanted unusual() {
  Wanted wanted;
  wanted.model = "random:C=48,L=2,h=4";
  wanted.load = {.num_heads = 6,
                 .eps = 1e-5f,
                 .activation = vit::Activation::quick_gelu,
                 .family = "timm",
                 .weights = "teacher.",
                 .grid = {{4, 6}},
                 .labels = "names.txt",
                 .imagenet_labels = {}};
  wanted.image = "no/such/photo \"ü\".png";
  wanted.reading = {.applies_profile = true, .levels = vit::parse_levels("0,4095")};
  wanted.preprocessing = {.resize = vit::ResizeRule::longer_side,
                          .resize_px = 300,
                          .longest_px = 500,
                          .multiple = 14,
                          .crop = vit::CropRule::multiple,
                          .width = 96,
                          .height = 128,
                          .interpolation = vit::Interpolation::lanczos,
                          .mean = {0.1f, 0.2f, 0.3f},
                          .std = {0.4f, 0.5f, 0.6f},
                          .squash_scale = 1.1,
                          .crop_rounds_down = true};
  vit::Settings& s = wanted.settings;
  s.blocks = {{8, {}, {}}, {4, {0, 3}, {{1, 0.5f}}}};
  s.qkv_bias = false;
  s.training = true;
  s.attn_drop = 0.1f;
  s.proj_drop = 0.2f;
  s.seed = 18446744073709551615u;
  s.kernel = vit::Kernel::reference;
  s.precision = vit::Precision::bf16;
  s.threads = 3;
  s.keep = vit::Keep::qk;
  wanted.view = {.page = "grid",
                 .block = 1,
                 .head = 2,
                 .query = 7,
                 .stage = vit::Stage::after_dropout,
                 .look = {.colormap = vit::Colormap::turbo,
                          .range_rule = vit::RangeRule::fixed,
                          .fixed_range = {0.01f, 0.3f},
                          .smooth = true,
                          .opacity = 0.35f},
                 .parameters = {{"rollout.discard", 0.5}},
                 .curtain = true,
                 .cost_of_model = true,
                 .convention = vit::Convention::flop};
  wanted.heads_for_all = false;
  wanted.other = {.model = "random:C=24,L=2,h=2",
                  .load = {.num_heads = 3,
                           .eps = 1e-4f,
                           .activation = vit::Activation::gelu,
                           .family = "dino",
                           .weights = {},
                           .grid = {},
                           .labels = {},
                           .imagenet_labels = {}},
                  .image = "no/such/second photo.png",
                  .reading = {.applies_profile = true, .levels = vit::parse_levels("auto:0.5")},
                  .preprocessing = wanted.preprocessing,
                  .numbers = wanted.settings};
  wanted.other.load.labels = "other names.txt";
  wanted.other.preprocessing->width = 160;
  wanted.other.numbers->seed = 7;
  return wanted;
}

void expect_equal(const Wanted& a, const Wanted& b) {
  EXPECT_EQ(a.model, b.model);
  EXPECT_EQ(a.load, b.load);
  EXPECT_EQ(a.image, b.image);
  EXPECT_EQ(a.reading, b.reading);
  EXPECT_EQ(a.preprocessing, b.preprocessing);
  EXPECT_EQ(a.settings, b.settings);
  EXPECT_EQ(a.view, b.view);
  EXPECT_EQ(a.heads_for_all, b.heads_for_all);
  EXPECT_EQ(a.other, b.other);
}

TEST(SavedView, EverythingComesBack) {
  expect_equal(from_json(to_json(unusual())).wanted, unusual());
  expect_equal(from_json(to_json({})).wanted, {});
}

TEST(SavedView, LevelsAreTextAndLeftOutAsStored) {
  Wanted wanted;
  EXPECT_EQ(to_json(wanted).find("levels"), std::string::npos);
  wanted.reading.levels = vit::parse_levels("0,4095");
  const std::string text = to_json(wanted);
  ASSERT_NE(text.find("\"levels\": \"0,4095\""), std::string::npos) << text;
  EXPECT_EQ(from_json(text).wanted.reading, wanted.reading);
  std::string wrong = text;
  wrong.replace(wrong.find("0,4095"), 6, "4095,0");
  EXPECT_THROW(from_json(wrong), vit::Error);
}

TEST(SavedView, WritesTheSameTextTwice) {
  const std::string text = to_json(unusual());
  EXPECT_EQ(to_json(from_json(text).wanted), text);
}

TEST(SavedView, EveryFieldThatIsWrittenIsRead) {
  // Each field in turn gets a value of another type: it must be refused by its name.
  const auto whole = nlohmann::json::parse(to_json(unusual()));
  const auto flat = whole.flatten();
  int fields = 0;
  for (const auto& [name, value] : flat.items()) {
    if (name == "/format" || name == "/version") continue;
    auto changed = whole;
    changed[nlohmann::json::json_pointer(name)] = nlohmann::json::object();
    const std::string last = name.substr(name.rfind('/') + 1);
    const bool is_index = last.find_first_not_of("0123456789") == std::string::npos;
    EXPECT_THAT([&] { from_json(changed.dump()); },
                ThrowsMessage<vit::Error>(HasSubstr(is_index ? "is no" : last + "\" is")))
        << name;
    ++fields;
  }
  EXPECT_GE(fields, 80);
}

TEST(SavedView, MissingFieldsKeepTheirDefaults) {
  const SavedView view = from_json(R"({"format": "headlight view", "version": 1, "settings": {"qkv_bias": false}})");
  Wanted expected;
  expected.settings.qkv_bias = false;
  expect_equal(view.wanted, expected);
}

std::string refusal(const std::string& body) {
  try {
    from_json(R"({"format": "headlight view", "version": 1, )" + body + "}");
  } catch (const vit::Error& error) {
    return error.what();
  }
  return "";
}

TEST(SavedView, UnknownFieldsAndWrongValuesAreNamed) {
  EXPECT_THAT(refusal(R"("settings": {"temperature": 2})"), HasSubstr("\"settings.temperature\""));
  EXPECT_THAT(refusal(R"("mask": 2)"), HasSubstr("\"mask\""));
  EXPECT_THAT(refusal(R"("settings": {"blocks": [{"heads": 4}, {"heads": "4"}]})"),
              HasSubstr("\"settings.blocks[1].heads\""));
  EXPECT_THAT(refusal(R"("settings": {"kernel": "fast"})"), HasSubstr("eager, tiled and reference"));
  EXPECT_THAT(refusal(R"("settings": {"threads": 1.5})"), HasSubstr("whole number"));
  EXPECT_THAT(refusal(R"("settings": {"threads": 99999999999})"), HasSubstr("in range"));
  EXPECT_THAT(refusal(R"("settings": {"seed": -1})"), HasSubstr("in range"));
  EXPECT_THAT(refusal(R"("settings": {"attn_drop": 1e300})"), HasSubstr("in range"));
  EXPECT_THAT(refusal(R"("preprocessing": {"mean": [1, 2]})"), HasSubstr("list of 3"));
  EXPECT_THAT(refusal(R"("view": [])"), HasSubstr("no object"));
}

TEST(SavedView, WhatNothingCouldMeetIsRefused) {
  EXPECT_THAT(refusal(R"("preprocessing": {"width": 2000000000})"), HasSubstr("1 to 16384"));
  EXPECT_THAT(refusal(R"("preprocessing": {"multiple": 0})"), HasSubstr("\"preprocessing.multiple\""));
  EXPECT_THAT(refusal(R"("preprocessing": {"squash_scale": 0})"), HasSubstr("\"preprocessing.squash_scale\""));
  EXPECT_THAT(refusal(R"("preprocessing": {"std": [1, 0, 1]})"), HasSubstr("all but 0"));
  EXPECT_THAT(refusal(R"("settings": {"threads": 5000})"), HasSubstr("0 to 1024"));
  EXPECT_THAT(refusal(R"("settings": {"attn_drop": 1})"), HasSubstr("less than 1"));
  EXPECT_THAT(refusal(R"("view": {"head": -3})"), HasSubstr("\"view.head\""));
  EXPECT_THAT(refusal(R"("view": {"opacity": 1.5})"), HasSubstr("0 to 1"));
  EXPECT_THAT(refusal(R"("view": {"range_low": 2})"), HasSubstr("range_high"));
  EXPECT_THAT(refusal(R"("other": {"settings": {"proj_drop": 2}})"), HasSubstr("\"other.settings.proj_drop\""));
  EXPECT_THAT(refusal(R"("other": {"preprocessing": {"width": 0}})"), HasSubstr("\"other.preprocessing.width\""));
  EXPECT_THAT(refusal(R"("other": {"preprocessing": 3})"), HasSubstr("no object"));
}

TEST(SavedView, FilesInTheHomeFolderAreNamedFromThere) {
  const TempFolder folder;
  const std::string photo = folder.write("photos/cat.png", "cat").string(), before = std::getenv("HOME");
  Wanted wanted;
  wanted.image = photo;
  setenv("HOME", folder.path().c_str(), 1);
  const std::string text = to_json(wanted);
  const SavedView view = from_json(text);
  setenv("HOME", before.c_str(), 1);
  EXPECT_THAT(text, HasSubstr("\"~/photos/cat.png\""));
  EXPECT_EQ(view.wanted.image, photo);
  EXPECT_EQ(difference_from(view.image), "");
}

TEST(SavedView, WithoutASideBNothingIsSaidOfIt) {
  Wanted wanted = unusual();
  wanted.other = {};
  EXPECT_THAT(to_json(wanted), testing::Not(HasSubstr("\"other\"")));
}

TEST(SavedView, WhatIsNoViewIsRefused) {
  for (const char* text : {"", "{", "[]", "3", "{}", R"({"format": "other", "version": 1})"})
    EXPECT_THROW(from_json(text), vit::Error) << text;
  EXPECT_THAT([] { from_json(R"({"format": "headlight view", "version": 9})"); },
              ThrowsMessage<vit::Error>(HasSubstr("version 9")));
}

TEST(SavedView, AFileThatIsGoneOrAnotherIsTold) {
  const TempFolder folder;
  Wanted wanted = unusual();
  wanted.image = (folder.path() / "photo.png").string();
  std::ofstream(wanted.image, std::ios::binary) << std::string(3 << 20, 'a');
  const SavedView view = from_json(to_json(wanted));
  EXPECT_EQ(view.image.bytes, 3u << 20);
  EXPECT_EQ(view.image.sha256.size(), 64u);
  EXPECT_EQ(difference_from(view.image), "");
  EXPECT_EQ(difference_from(view.model), "") << "random networks are no files";
  std::ofstream(wanted.image, std::ios::binary) << std::string((3 << 20) - 1, 'a') << 'b';
  EXPECT_THAT(difference_from(view.image), HasSubstr("another file"));
  std::ofstream(wanted.image, std::ios::binary) << std::string((3 << 20) + 1, 'a');
  EXPECT_THAT(difference_from(view.image), HasSubstr("another file"));
  std::filesystem::remove(wanted.image);
  EXPECT_THAT(difference_from(view.image), HasSubstr("gone"));
}

TEST(FileMark, IsTheSha256OfSizeAndEnds) {
  const TempFolder folder;
  const std::string file = (folder.path() / "small").string();
  std::ofstream(file, std::ios::binary) << "abc";
  // printf 3abc | sha256sum
  EXPECT_EQ(mark_file(file).sha256, "7b0393befdc28ff2a7c5e08fa8a38a4c845da5c600476eb01ae7b865fa344f18");
}

}  // namespace
}  // namespace headlight
