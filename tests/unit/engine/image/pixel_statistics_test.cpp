#include "engine/image/pixel_statistics.h"

#include <gtest/gtest.h>

namespace vit {
namespace {

/// 2 × 2: red 0 51 102 255, green 51 everywhere, blue 0; mean 0.5, std 0.5.
Pixels pixels() {
  const Image image{.width = 2, .height = 2, .rgb = {0, 51, 0, 51, 51, 0, 102, 51, 0, 255, 51, 0}, .name = {}};
  return preprocess(image, {.resize = ResizeRule::none, .width = 2, .height = 2}, 1);
}

TEST(PixelStatistics, AreOfWhatTheNetworkReads) {
  const ChannelStatistics red = channel_statistics(pixels(), 0);
  EXPECT_FLOAT_EQ(red.least, -1);
  EXPECT_FLOAT_EQ(red.most, 1);
  EXPECT_NEAR(red.mean, (-1 - 0.6 - 0.2 + 1) / 4, 1e-6);
  EXPECT_NEAR(red.std, 0.748331, 1e-6);  // of -1, -0.6, -0.2, 1
  const ChannelStatistics green = channel_statistics(pixels(), 1);
  EXPECT_FLOAT_EQ(green.least, -0.6f);
  EXPECT_NEAR(green.std, 0, 1e-6);
}

TEST(PixelStatistics, AChannelsPictureGoesFromItsLeastToItsMost) {
  const Image red = channel_picture(pixels(), 0);
  EXPECT_EQ(red.pixel(0, 0)[0], 0);
  EXPECT_EQ(red.pixel(1, 0)[1], 51);
  EXPECT_EQ(red.pixel(1, 1)[2], 255);
  EXPECT_EQ(channel_picture(pixels(), 1).pixel(0, 0)[0], 128);  // all alike
}

TEST(PixelStatistics, WithoutPixelsAreZero) {
  const ChannelStatistics none = channel_statistics({}, 0);
  EXPECT_EQ(none.most, 0);
  EXPECT_EQ(none.std, 0);
}

}  // namespace
}  // namespace vit
