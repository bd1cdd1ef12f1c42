#include "engine/image/preprocessing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/base/error.h"
#include "engine/image/exif.h"
#include "tests/unit/engine/image/golden_pil.h"

namespace vit {
namespace {

using ::testing::HasSubstr;

Interpolation interpolation_by_name(const std::string& name) {
  if (name == "nearest") return Interpolation::nearest;
  if (name == "bilinear") return Interpolation::bilinear;
  return name == "bicubic" ? Interpolation::bicubic : Interpolation::lanczos;
}

ResizeRule resize_by_name(const std::string& name) {
  if (name == "shorter_side") return ResizeRule::shorter_side;
  return name == "squash" ? ResizeRule::squash : ResizeRule::none;
}

Image flat(int width, int height, std::uint8_t value) {
  Image image;
  image.width = width;
  image.height = height;
  image.name = "flat";
  image.rgb.assign(std::size_t{3} * static_cast<std::size_t>(width) * height, value);
  return image;
}

std::string refusal(const Image& image, const Preprocessing& preprocessing, int patch_px = 16) {
  try {
    preprocess(image, preprocessing, patch_px);
  } catch (const Error& error) {
    return error.what();
  }
  return "(accepted)";
}

TEST(Resize, EqualsPilPixelForPixel) {
  const Image source = load_image(golden::pil("source.png"));
  for (const auto& item : golden::cases("resize")) {
    const Image got =
        resize(source, item["width"], item["height"], interpolation_by_name(item["interpolation"].get<std::string>()));
    const auto difference = golden::difference(got, load_image(golden::pil(item["file"])));
    EXPECT_TRUE(difference.same_size && difference.largest == 0) << item["file"] << ": " << difference;
  }
}

TEST(Resize, AFlatPictureStaysFlat) {
  for (auto rule : {Interpolation::nearest, Interpolation::bilinear, Interpolation::bicubic, Interpolation::lanczos})
    EXPECT_EQ(resize(flat(37, 11, 201), 5, 64, rule), flat(5, 64, 201)) << static_cast<int>(rule);
}

TEST(Preprocess, EqualsTorchvision) {
  const Image source = load_image(golden::pil("source.png"));
  for (const auto& item : golden::cases("preprocess")) {
    Preprocessing rules;
    rules.resize = resize_by_name(item["resize"]);
    rules.resize_px = item["px"];
    rules.width = item["width"];
    rules.height = item["height"];
    rules.interpolation = interpolation_by_name(item["interpolation"]);
    rules.mean = item["mean"];
    rules.std = item["std"];
    const Pixels got = preprocess(item["tall"] ? upright(source, 5) : source, rules, 16);
    const auto difference = golden::difference(got.resized, load_image(golden::pil(item["file"])));
    EXPECT_TRUE(difference.same_size && difference.largest == 0) << item["file"] << ": " << difference;
    for (std::size_t i = 0; i < item["index"].size(); ++i) {
      const std::size_t index = item["index"][i];
      EXPECT_NEAR(got.chw.at(index), item["value"][i].get<float>(), 1e-6) << item["file"] << " at " << index;
    }
  }
}

TEST(Preprocess, TheBoxSaysWhereOnThePhotoThePixelsLie) {
  Preprocessing rules;
  rules.resize_px = 50;
  rules.width = rules.height = 40;
  // 400 × 200 becomes 100 × 50, and the crop begins at (30, 5) of it.
  EXPECT_EQ(preprocess(flat(400, 200, 9), rules, 8).box, (Box{120, 20, 160, 160}));
  rules.resize = ResizeRule::squash;
  EXPECT_EQ(preprocess(flat(400, 200, 9), rules, 8).box, (Box{0, 0, 400, 200}));
  rules.resize = ResizeRule::none;
  rules.width = 600;  // 100 px of padding on each side
  rules.height = 100;
  EXPECT_EQ(preprocess(flat(400, 200, 9), rules, 8).box, (Box{-100, 50, 600, 100}));
}

TEST(Preprocess, PaddingIsBlack) {
  Preprocessing rules;
  rules.resize = ResizeRule::none;
  rules.width = 7;
  rules.height = 2;
  const Pixels got = preprocess(flat(4, 4, 255), rules, 1);
  // Three columns are missing: one before, two behind, as torchvision pads.
  const std::vector<float> row = {-1, 1, 1, 1, 1, -1, -1};
  for (std::size_t i = 0; i < got.chw.size(); ++i) EXPECT_EQ(got.chw[i], row[i % 7]) << i;
}

TEST(Preprocess, HalfPixelCropsRoundToEven) {
  Image image = flat(7, 1, 0);
  for (int x = 0; x < 7; ++x) image.rgb[3 * static_cast<std::size_t>(x)] = static_cast<std::uint8_t>(x);
  Preprocessing rules;
  rules.resize = ResizeRule::none;
  rules.height = 1;
  rules.width = 4;  // a surplus of 3: 1.5 rounds to 2
  EXPECT_EQ(preprocess(image, rules, 1).resized.rgb[0], 2);
  rules.width = 6;  // a surplus of 1: 0.5 rounds to 0
  EXPECT_EQ(preprocess(image, rules, 1).resized.rgb[0], 0);
}

TEST(Preprocess, SizesAreCutToWholePatches) {
  Preprocessing rules;
  rules.crop = CropRule::multiple;
  rules.resize = ResizeRule::longer_side;
  rules.resize_px = 100;
  const Pixels got = preprocess(flat(300, 200, 7), rules, 14);
  EXPECT_EQ(got.width, 98);
  EXPECT_EQ(got.height, 56);  // 66 after resizing
  EXPECT_DOUBLE_EQ(got.box.width, 98 * 3.0);
  EXPECT_DOUBLE_EQ(got.box.height, 56 * 200 / 66.0);
}

TEST(Preprocess, ImpossibleSettingsAreRefusedWithASentence) {
  Preprocessing rules;
  rules.resize_px = 0;
  EXPECT_THAT(refusal(flat(8, 8, 0), rules), HasSubstr("Resizing to a side of 0 px is impossible"));
  rules.resize_px = 16385;
  EXPECT_THAT(refusal(flat(8, 8, 0), rules), HasSubstr("16385 px is impossible"));
  rules = {};
  rules.std[1] = 0.f;
  EXPECT_THAT(refusal(flat(8, 8, 0), rules), HasSubstr("standard deviation"));
  rules = {};
  rules.mean[2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(refusal(flat(8, 8, 0), rules), HasSubstr("mean"));
  EXPECT_THAT(refusal(flat(20000, 2, 0), {}), HasSubstr("flat would be 2240000×224 pixels after resizing"));
  rules = {};
  rules.resize = ResizeRule::none;
  rules.crop = CropRule::multiple;
  EXPECT_THAT(refusal(flat(15, 40, 0), rules), HasSubstr("less than one patch of 16 px"));
}

TEST(Preprocess, IsDescribedInOneLine) {
  Preprocessing rules;
  rules.resize_px = 248;
  EXPECT_EQ(describe(rules), "shorter side 248, centre crop 224×224, bicubic, mean 0.5 0.5 0.5, std 0.5 0.5 0.5");
  rules.resize = ResizeRule::squash;
  rules.interpolation = Interpolation::bilinear;
  rules.mean = {0.485f, 0.456f, 0.406f};
  EXPECT_EQ(describe(rules),
            "squashed to 224×224, centre crop 224×224, bilinear, mean 0.485 0.456 0.406, std 0.5 0.5 0.5");
}

TEST(Preprocess, LevelsAreRescaledAsAsked) {
  Preprocessing p;
  p.resize = ResizeRule::none;
  p.crop = CropRule::multiple;
  p.mean = {0, 0, 0};
  p.std = {1, 1, 1};
  p.rescale = 1;
  EXPECT_EQ(preprocess(flat(4, 4, 51), p, 4).chw[7], 51.f);
  p.rescale = 1 / 127.5f;
  EXPECT_FLOAT_EQ(preprocess(flat(4, 4, 51), p, 4).chw[7], 0.4f);
  EXPECT_THAT(describe(p), HasSubstr("levels times"));
  p.rescale = 0;
  EXPECT_THAT(refusal(flat(4, 4, 51), p), HasSubstr("rescales"));
}

TEST(Preprocess, GreyIsPilsLuminance) {
  Image image = flat(2, 1, 0);
  image.rgb = {200, 100, 50, 0, 0, 255};
  Preprocessing p;
  p.resize = ResizeRule::none;
  p.crop = CropRule::multiple;
  p.grey = true;
  const Pixels pixels = preprocess(image, p, 1);
  // Image.fromarray(...).convert("L")
  EXPECT_EQ(pixels.resized.rgb, (std::vector<std::uint8_t>{124, 124, 124, 29, 29, 29}));
}

/// Sizes as transformers 5.24's get_image_size_for_max_num_patches gives them.
TEST(Preprocess, AsManyPatchesAsFitAtThePhotosAspectRatio) {
  struct Case {
    int height, width, patch_px, most, to_height, to_width;
  };
  for (const Case& c :
       {Case{480, 640, 16, 256, 224, 288}, Case{2848, 4288, 16, 256, 208, 304}, Case{30, 1000, 16, 256, 48, 1360},
        Case{100, 100, 14, 1024, 448, 448}, Case{1, 1, 16, 256, 112, 112}, Case{719, 1281, 16, 576, 288, 512}}) {
    Preprocessing p;
    p.resize = ResizeRule::patches;
    p.most_patches = c.most;
    p.multiple = c.patch_px;
    p.crop = CropRule::multiple;
    const InputSize size = input_size(c.width, c.height, p, c.patch_px);
    EXPECT_EQ(size.height, c.to_height) << c.height << ' ' << c.width;
    EXPECT_EQ(size.width, c.to_width) << c.height << ' ' << c.width;
  }
}

TEST(Preprocess, WhatIsNoWholePatchIsNotRead) {
  Preprocessing p;  // SigLIP so400m: 384 px in patches of 14
  p.resize = ResizeRule::squash;
  p.width = p.height = 384;
  p.cut_to_patches = true;
  const Pixels pixels = preprocess(flat(768, 384, 9), p, 14);
  EXPECT_EQ(pixels.width, 27 * 14);
  EXPECT_EQ(pixels.height, 27 * 14);
  EXPECT_EQ(pixels.box, (Box{0, 0, 2 * 378, 378}));
  EXPECT_EQ(input_size(768, 384, p, 14), (InputSize{378, 378}));
}

TEST(Preprocess, InTheCornerThePhotoIsWholeAndTheRestHasTheMeansNumbers) {
  Preprocessing rules;
  rules.resize = ResizeRule::corner;
  rules.width = rules.height = 64;
  rules.mean = {0.2f, 0.4f, 0.6f};
  for (const bool wide : {true, false}) {
    const Pixels pixels = preprocess(wide ? flat(200, 101, 9) : flat(101, 200, 9), rules, 16);
    // 101 · 64 / 200 = 32.32
    EXPECT_EQ(pixels.box, (wide ? Box{0, 0, 200, 64 * 101 / 32.0} : Box{0, 0, 64 * 101 / 32.0, 200}));
    for (int c = 0; c < 3; ++c)
      for (int y = 0; y < 64; ++y)
        for (int x = 0; x < 64; ++x) {
          const auto at = static_cast<std::size_t>((c * 64 + y) * 64 + x);
          const float photo = (9 / 255.f - rules.mean[static_cast<std::size_t>(c)]) / 0.5f;
          const bool inside = (wide ? y : x) < 32;
          ASSERT_FLOAT_EQ(pixels.chw[at], inside ? photo : 0.f) << c << ' ' << y << ' ' << x;
        }
    EXPECT_EQ(int{pixels.resized.pixel(63, 63)[1]}, 102);  // 0.4 · 255
  }
}

}  // namespace
}  // namespace vit
