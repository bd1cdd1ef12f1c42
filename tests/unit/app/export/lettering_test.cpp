#include "app/export/lettering.h"

#include <gtest/gtest.h>

namespace headlight {
namespace {

vit::Image paper(int width, int height) {
  vit::Image image;
  image.width = width;
  image.height = height;
  image.rgb.assign(std::size_t{3} * static_cast<std::size_t>(width) * height, 255);
  return image;
}

/// Pixels that are no longer white, from column `left` to before column `right`.
int inked(const vit::Image& image, int left, int right) {
  int count = 0;
  for (int y = 0; y < image.height; ++y)
    for (int x = left; x < right; ++x) count += image.pixel(x, y)[0] != 255 ? 1 : 0;
  return count;
}

class LetteringTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!lettering_.available()) GTEST_SKIP() << "no typeface is installed";
  }
  Lettering lettering_;
};

TEST_F(LetteringTest, TextCoversItsWidthAndNoMore) {
  vit::Image image = paper(200, 40);
  const double width = lettering_.width("head 12", 20);
  ASSERT_GT(width, 30);
  ASSERT_LT(width, 120);
  lettering_.draw(image, 10, 28, "head 12", 20, {0, 0, 0});
  EXPECT_EQ(inked(image, 0, 9), 0);
  EXPECT_GT(inked(image, 10, 10 + static_cast<int>(width)), 50);
  EXPECT_EQ(inked(image, 12 + static_cast<int>(width), 200), 0);
}

TEST_F(LetteringTest, WidthGrowsWithSizeAndText) {
  EXPECT_NEAR(lettering_.width("abc", 40), 2 * lettering_.width("abc", 20), 0.1);
  EXPECT_NEAR(lettering_.width("abcabc", 20), 2 * lettering_.width("abc", 20), 0.1);
}

TEST_F(LetteringTest, WhatLiesOutsideThePictureIsLeftOut) {
  vit::Image image = paper(20, 10);
  for (double x : {-30.0, -3.5, 15.0, 50.0})
    for (double y : {-5.0, 4.0, 12.0, 60.0}) lettering_.draw(image, x, y, "Wg\xC3", 18, {0, 0, 0});
  EXPECT_GT(inked(image, 0, 20), 0);
}

}  // namespace
}  // namespace headlight
