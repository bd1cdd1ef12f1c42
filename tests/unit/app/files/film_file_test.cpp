#include "app/files/film_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <span>
#include <vector>

#include "app/files/child_process.h"
#include "app/files/frame_source.h"
#include "engine/base/error.h"
#include "engine/image/animation.h"
#include "tests/unit/temp_folder.h"

namespace headlight {
namespace {

using ::testing::HasSubstr;

/// (height, width, 4), another picture for each seed.
std::vector<std::uint8_t> levels(int width, int height, unsigned seed, bool opaque = true) {
  std::vector<std::uint8_t> rgba;
  for (int i = 0; i < 4 * width * height; ++i) {
    seed = seed * 1664525u + 1013904223u;
    rgba.push_back(i % 4 == 3 && opaque ? 255 : static_cast<std::uint8_t>(seed >> 24));
  }
  return rgba;
}

std::vector<std::uint8_t> without_alpha(const std::vector<std::uint8_t>& rgba) {
  std::vector<std::uint8_t> rgb;
  for (std::size_t i = 0; i < rgba.size(); ++i)
    if (i % 4 != 3) rgb.push_back(rgba[i]);
  return rgb;
}

std::vector<std::byte> bytes_of(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

TEST(AnimatedPng, HoldsEveryFrameAndHowLongItIsShown) {
  for (const bool opaque : {true, false}) {
    AnimatedPng film;
    std::vector<std::vector<std::uint8_t>> frames;
    const std::vector<double> seconds = {0.1, 1.0 / 30, 2.5};
    for (unsigned n = 0; n < 3; ++n) {
      frames.push_back(levels(9, 7, n + 1, opaque));
      film.add({9, 7, frames.back()}, seconds[n]);
    }
    const auto read = vit::open_animation(bytes_of(film.take()), "film");
    ASSERT_NE(read, nullptr);
    ASSERT_EQ(read->count(), 3);
    for (int n = 0; n < 3; ++n) {
      const auto i = static_cast<std::size_t>(n);
      EXPECT_EQ(read->read(n).rgb, without_alpha(frames[i])) << n;
      EXPECT_NEAR(read->seconds(n), seconds[i], 1e-6) << n;
    }
  }
}

TEST(AnimatedPng, IsAPictureOfItsFirstFrameToWhoKnowsNoAnimations) {
  AnimatedPng film;
  for (unsigned n = 0; n < 2; ++n) film.add({9, 7, levels(9, 7, n + 1)}, 0.1);
  const std::string text = film.take();
  EXPECT_EQ(vit::decode_image(std::as_bytes(std::span(text)), "film").rgb, without_alpha(levels(9, 7, 1)));
}

TEST(AnimatedPng, RefusesFramesOfSeveralSizesAndNoFrames) {
  AnimatedPng film;
  EXPECT_THROW(film.take(), vit::Error);
  film.add({9, 7, levels(9, 7, 1)}, 0.1);
  try {
    film.add({8, 7, levels(8, 7, 1)}, 0.1);
    ADD_FAILURE();
  } catch (const vit::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("frame 2 has 8×7 pixels, the first one 9×7"));
  }
}

TEST(FilmFile, ItsEndingSaysWhatItIs) {
  EXPECT_EQ(film_kind_of("a.PNG"), FilmKind::animated_png);
  EXPECT_EQ(film_kind_of("a.mp4"), FilmKind::mp4);
  EXPECT_FALSE(film_kind_of("a.webm"));
  EXPECT_THROW(open_film("a.gif"), vit::Error);
}

TEST(FilmFile, WhatIsNotFinishedLeavesNothingBehind) {
  const TempFolder folder;
  {
    const auto film = open_film(folder.path() / "film.png");
    film->add({9, 7, levels(9, 7, 1)}, 0.1);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  const auto film = open_film(folder.path() / "film.png");
  film->add({9, 7, levels(9, 7, 1)}, 0.1);
  film->finish();
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "film.png"));
}

/// Only where there is an ffmpeg: read back, the frames are those that were written, as nearly as the codec can.
TEST(FilmFile, AnMp4HoldsTheFrames) {
  if (!find_program("ffmpeg")) GTEST_SKIP() << "no ffmpeg on the PATH";
  const TempFolder folder;
  const std::string file = (folder.path() / "film.mp4").string();
  const auto film = open_film(file);
  for (int n = 0; n < 6; ++n) {
    std::vector<std::uint8_t> rgba(4 * 32 * 24, 255);
    for (std::size_t i = 0; i < rgba.size(); i += 4)
      rgba[i] = rgba[i + 1] = rgba[i + 2] = static_cast<std::uint8_t>(40 * n);
    film->add({32, 24, rgba}, 0.1);
  }
  film->finish();
  const auto frames = open_frames(file, {});
  EXPECT_EQ(frames->count().value_or(6), 6);
  for (const int n : {0, 3, 5, 2}) {
    const auto frame = frames->read(n);
    ASSERT_TRUE(frame) << n;
    EXPECT_EQ(frame->image->width, 32);
    EXPECT_NEAR(frame->image->rgb[300], 40 * n, 6) << n;
  }
  EXPECT_FALSE(frames->read(6));
}

}  // namespace
}  // namespace headlight
