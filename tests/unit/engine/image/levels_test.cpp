#include "engine/image/levels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/base/error.h"
#include "engine/image/animation.h"
#include "engine/image/image.h"

namespace vit {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::filesystem::path kFolder = HEADLIGHT_SOURCE_DIR "/tests/golden/levels";

Image read(const std::string& name, const std::string& levels) {
  return load_image(kFolder / name, {.levels = parse_levels(levels)});
}

std::string refusal(const std::string& name, const std::string& levels) {
  try {
    read(name, levels);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Levels, EveryPixelIsNumPys) {
  const auto items = nlohmann::json::parse(std::ifstream(kFolder / "levels.json"));
  const Image expected = load_image(kFolder / "pixels.png");
  ASSERT_GE(items.size(), 24u);
  for (const auto& item : items) {
    const std::string file = item["file"], levels = item["levels"], what = file + " " + levels;
    const Image image = read(file, levels);
    const auto at = expected.rgb.begin() + item["at"].get<std::ptrdiff_t>();
    ASSERT_LE(image.rgb.size(), static_cast<std::size_t>(expected.rgb.end() - at)) << what;
    EXPECT_TRUE(std::equal(image.rgb.begin(), image.rgb.end(), at)) << what;
    EXPECT_EQ(image.levels, (ValueSpan{item["low"], item["high"]})) << what;
    EXPECT_EQ(image.stored, (ValueRange{item["least"], item["greatest"], item["most"]})) << what;
  }
}

TEST(Levels, AreAsStoredUnlessAskedFor) {
  for (const char* name : {"grey12.png", "grey12.tif", "colour12.png", "colour12.tif", "grey8.png", "colour8.bmp"}) {
    const Image image = load_image(kFolder / name);
    EXPECT_FALSE(image.levels) << name;
    EXPECT_EQ(image, read(name, "stored")) << name;
  }
  const Image dark = load_image(kFolder / "grey12.png");
  EXPECT_LE(*std::max_element(dark.rgb.begin(), dark.rgb.end()), 15);  // 4,095 / 256
}

TEST(Levels, ADarkPictureSaysItsValuesAndTheWayOut) {
  for (const char* name : {"grey12.png", "grey12.tif", "grey12_white_is_zero.tif"}) {
    const Image image = load_image(kFolder / name);
    EXPECT_THAT(image.remarks,
                ElementsAre(AllOf(HasSubstr("16 bits of grey with values of 26 to 3,359 "), HasSubstr("of 65,535"),
                                  HasSubstr("--levels auto"), HasSubstr("Levels under PHOTO"))))
        << name;
  }
  for (const char* name : {"colour12.png", "colour12.tif"})
    EXPECT_THAT(load_image(kFolder / name).remarks,
                ElementsAre(AllOf(HasSubstr("the picture is dark"), HasSubstr("--levels"))))
        << name;
  for (const char* name : {"grey12.pgm", "grey8.png", "colour8.bmp"})  // which are not
    EXPECT_THAT(load_image(kFolder / name).remarks, IsEmpty()) << name;
}

TEST(Levels, WhatWasChosenIsSaid) {
  const ValueRange range = *read("grey12.png", "auto").stored;
  EXPECT_THAT(read("grey12.png", "auto").remarks,
              ElementsAre("Levels " + value_text(range.least) + " to " + value_text(range.greatest) +
                          " of 65,535: its least and greatest value."));
  EXPECT_THAT(read("grey12.png", "auto:2.5").remarks, ElementsAre(HasSubstr("2.5 % of its values lie outside")));
  EXPECT_THAT(read("grey12.png", "0,4095").remarks, ElementsAre(HasSubstr("Levels 0 to 4,095 of 65,535, as asked")));
  EXPECT_EQ(shown_levels(read("grey12.png", "0,4095")), "0 to 4,095 of 65,535");
  EXPECT_EQ(shown_levels(read("grey12.png", "stored")), "");
}

TEST(Levels, APictureOfOneValueHasNoneToChoose) {
  const Image image = read("flat.png", "auto");
  EXPECT_FALSE(image.levels);
  EXPECT_EQ(image.rgb, read("flat.png", "stored").rgb);
  EXPECT_THAT(image.remarks, ElementsAre(HasSubstr("All its values are 700 of 65,535")));
}

TEST(Levels, OutsideOfTheFilesValuesAreRefused) {
  EXPECT_THAT(refusal("grey8.png", "0,4095"),
              AllOf(HasSubstr("grey8.png has values from 0 to 255"), HasSubstr("0,4095")));
  EXPECT_THAT(refusal("grey12.pgm", "0,4096"), HasSubstr("values from 0 to 4,095"));
  EXPECT_EQ(refusal("grey12.pgm", "0,4095"), "");
}

TEST(Levels, ComeBackAsText) {
  for (const char* text : {"stored", "auto", "auto:0.5", "auto:12", "0,4095", "17,65535"})
    EXPECT_EQ(text_of(parse_levels(text)), text);
  EXPECT_EQ(parse_levels("auto:0"), parse_levels("auto"));
  for (const char* text : {"", "Auto", "auto:", "auto:50", "auto:-1", "auto:nan", "5,5", "9,5", "0,65536", "0", "0,",
                           ",9", "0,9,", "0.5,9", "-1,9", " 0,9"})
    EXPECT_THROW(parse_levels(text), Error) << text;
}

TEST(Levels, EachFrameOfAnAnimationHasItsOwn) {
  const std::string file = HEADLIGHT_SOURCE_DIR "/tests/golden/sequences/gif_whole.gif";
  const auto plain = open_animation(file), drawn = open_animation(file, {.levels = parse_levels("auto")});
  ASSERT_EQ(plain->count(), drawn->count());
  for (int frame = 0; frame < plain->count(); ++frame) {
    const Image was = plain->read(frame), is = drawn->read(frame);
    const auto [least, greatest] = std::minmax_element(was.rgb.begin(), was.rgb.end());
    if (*least == *greatest) continue;
    EXPECT_EQ(is.levels, (ValueSpan{*least, *greatest})) << frame;
    EXPECT_EQ(*std::min_element(is.rgb.begin(), is.rgb.end()), 0) << frame;
    EXPECT_EQ(*std::max_element(is.rgb.begin(), is.rgb.end()), 255) << frame;
  }
}

TEST(Levels, HuesStay) {
  const Image image = read("colour8.bmp", "20,120"), plain = read("colour8.bmp", "stored");
  for (std::size_t i = 0; i < image.rgb.size(); ++i) {
    const double expected = std::clamp((plain.rgb[i] - 20) * 255 / 100.0, 0.0, 255.0);
    ASSERT_NEAR(image.rgb[i], expected, 0.5) << i;
  }
}

}  // namespace
}  // namespace vit
