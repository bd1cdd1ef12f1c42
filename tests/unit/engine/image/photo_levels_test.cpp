#include "engine/image/photo_levels.h"

#include <gtest/gtest.h>

namespace headlight {
namespace {

std::shared_ptr<const vit::Image> flat(int width, int height) {
  vit::Image image{.width = width, .height = height, .rgb = {}, .name = "flat"};
  image.rgb.assign(static_cast<std::size_t>(3) * width * height, 90);
  return std::make_shared<const vit::Image>(std::move(image));
}

TEST(PhotoLevels, HalveDownToOnePixelAsMipmapsDo) {
  const auto photo = flat(37, 5);
  const PhotoLevels levels = photo_levels(photo);
  EXPECT_EQ(levels[0], photo);  // shared, not copied
  const std::vector<std::pair<int, int>> sizes = {{37, 5}, {18, 2}, {9, 1}, {4, 1}, {2, 1}, {1, 1}};
  ASSERT_EQ(levels.size(), sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    EXPECT_EQ(levels[i]->width, sizes[i].first);
    EXPECT_EQ(levels[i]->height, sizes[i].second);
    for (const std::uint8_t value : levels[i]->rgb) ASSERT_EQ(value, 90);
  }
}

TEST(PhotoLevels, BeginAtTheDisplaysSize) {
  const auto photo = flat(2 * kDisplayPx, 7);
  const PhotoLevels levels = photo_levels(photo);
  EXPECT_EQ(levels[0]->width, kDisplayPx);
  EXPECT_EQ(levels[0]->height, 4);
}

}  // namespace
}  // namespace headlight
