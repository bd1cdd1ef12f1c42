#include "app/session/frame_cache.h"

#include <gtest/gtest.h>

#include "app/session/kept_passes.h"
#include "engine/checkpoint/load_model.h"

namespace headlight {
namespace {

std::shared_ptr<const ReadyFrame> frame(int index, int side) {
  auto image = std::make_shared<vit::Image>();
  image->width = image->height = side;
  image->rgb.resize(3 * static_cast<std::size_t>(side) * static_cast<std::size_t>(side));
  ReadyFrame ready{.index = index, .source = "frame", .image = image, .display = nullptr, .seconds = 0};
  ready.display = std::make_shared<const PhotoLevels>(photo_levels(image));
  return std::make_shared<const ReadyFrame>(std::move(ready));
}

TEST(FrameCache, CountsAPhotoAndItsLevelsOnce) {
  // 8×8 and 4×4, 2×2, 1×1
  EXPECT_EQ(frame(0, 8)->bytes(), 3u * (64 + 16 + 4 + 1));
}

TEST(FrameCache, WhatWasAskedForLongestAgoGoesFirst) {
  FrameCache cache(3 * frame(0, 8)->bytes());
  for (int i = 0; i < 3; ++i) cache.put(frame(i, 8));
  EXPECT_NE(cache.find(0), nullptr);
  cache.put(frame(3, 8));
  EXPECT_TRUE(cache.has(0));
  EXPECT_FALSE(cache.has(1));
  EXPECT_EQ(cache.find(1), nullptr);
  EXPECT_EQ(cache.count(), 3u);
  EXPECT_LE(cache.bytes(), cache.most_bytes());
}

TEST(FrameCache, AFrameThatComesAgainTakesTheOldOnesPlace) {
  FrameCache cache(1 << 20);
  cache.put(frame(5, 8));
  const auto newer = frame(5, 16);
  cache.put(newer);
  EXPECT_EQ(cache.count(), 1u);
  EXPECT_EQ(cache.find(5), newer);
  EXPECT_EQ(cache.bytes(), newer->bytes());
}

TEST(FrameCache, TheNewestFrameStaysHoweverLargeItIs) {
  FrameCache cache(10);
  cache.put(frame(0, 8));
  cache.put(frame(1, 8));
  EXPECT_EQ(cache.count(), 1u);
  EXPECT_TRUE(cache.has(1));
  cache.clear();
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(KeptPasses, TheOneKeptFirstGoesFirst) {
  const auto model = vit::load_model("random:C=48,L=1,h=4,P=8,S=32,K=5,seed=3");
  std::vector<std::shared_ptr<const vit::Image>> images;
  KeptPasses kept;
  for (int i = 0; i < 4; ++i) {
    images.push_back(std::make_shared<const vit::Image>());
    kept.put({.model = model,
              .image = images.back(),
              .preprocessing = {},
              .settings = {},
              .pixels = {},
              .trace = {},
              .baseline = {}},
             100, 300);
  }
  EXPECT_EQ(kept.count(), 3u);
  EXPECT_FALSE(kept.take(*model, *images[0], {}));
  EXPECT_FALSE(kept.take(*model, *images[1], {.width = 999}));  // other rules
  const auto taken = kept.take(*model, *images[1], {});
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->image, images[1]);
  EXPECT_FALSE(kept.take(*model, *images[1], {}));
  EXPECT_EQ(kept.bytes(), 200u);
}

}  // namespace
}  // namespace headlight
