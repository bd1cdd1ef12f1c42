#include "engine/maps/heatmap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>

#include "engine/containers/tensor_file.h"

namespace vit {
namespace {

using Color = std::array<std::uint8_t, 3>;

PatchMap one_hot(int rows, int cols, int row, int col) {
  PatchMap map{rows, cols, std::vector<float>(static_cast<std::size_t>(rows) * cols, 0.f)};
  map.values[static_cast<std::size_t>(row) * cols + col] = 1.f;
  return map;
}

Color color_at(const Image& image, int x, int y) {
  const std::uint8_t* p = image.pixel(x, y);
  return {p[0], p[1], p[2]};
}

Look grey(bool smooth, float opacity = 1.f) {
  return {.colormap = Colormap::grey, .smooth = smooth, .opacity = opacity};
}

TEST(Heatmap, ColourTablesAreThePublishedOnes) {
  const ColorTable& viridis = color_table(Colormap::viridis);
  EXPECT_EQ(viridis[0], (Color{68, 1, 84}));
  EXPECT_EQ(viridis[128], (Color{33, 145, 140}));
  EXPECT_EQ(viridis[255], (Color{253, 231, 37}));
  EXPECT_EQ(color_table(Colormap::magma)[255], (Color{252, 253, 191}));
  EXPECT_EQ(color_table(Colormap::inferno)[255], (Color{252, 255, 164}));
  EXPECT_EQ(color_table(Colormap::turbo)[0], (Color{48, 18, 59}));
  EXPECT_EQ(color_table(Colormap::turbo)[255], (Color{122, 4, 3}));
  EXPECT_EQ(color_table(Colormap::grey)[77], (Color{77, 77, 77}));
}

TEST(Heatmap, DifferencesHaveMorelandsColours) {
  // Kenneth Moreland, "Diverging Color Maps for Scientific Visualization (Expanded)", table of sRGB values at each
  // 32nd.
  const ColorTable& table = color_table(Colormap::blue_red);
  const auto expect_near = [](Color found, Color published) {
    for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(found[c], published[c], 2) << "channel " << c;
  };
  expect_near(table[0], {59, 76, 192});
  expect_near(table[64], {141, 176, 254});
  expect_near(table[127], {221, 221, 221});
  expect_near(table[191], {244, 154, 123});
  expect_near(table[255], {180, 4, 38});
  for (const Choice<Colormap>& map : choices(Colormap{})) EXPECT_NE(map.value, Colormap::blue_red) << "no one's choice";
}

TEST(Heatmap, ADifferenceIsClearAtZeroAndCoversAtBothEnds) {
  Image photo;
  photo.width = 3;
  photo.height = 1;
  photo.rgb.assign(9, 100);
  PatchMap map{1, 3, {-1.f, 0.f, 1.f}};
  map.about_zero = true;
  const Image over = render_overlay(map, {.opacity = 1}, {-1, 1}, photo, {0, 0, 3, 1}, 3, 1);
  const ColorTable& table = color_table(Colormap::blue_red);
  EXPECT_EQ(color_at(over, 0, 0), table.front());
  EXPECT_EQ(color_at(over, 1, 0), (Color{60, 60, 60})) << "the photo, darker";
  EXPECT_EQ(color_at(over, 2, 0), table.back());
  EXPECT_EQ(color_at(render(map, {}, {-1, 1}, 3, 1), 0, 0), table.front()) << "whichever table is chosen";
}

TEST(Heatmap, SequentialTablesGetBrighterAllTheWay) {
  for (Colormap map : {Colormap::viridis, Colormap::magma, Colormap::inferno, Colormap::grey}) {
    double last = -1;
    for (const Color& color : color_table(map)) {
      const double luma = 0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2];
      EXPECT_GT(luma, last - 1.0) << id_of(map);  // rounding to 8 bits moves it by less than one step
      last = luma;
    }
  }
}

TEST(Heatmap, NamesLeadBackToTheirTables) {
  for (const Choice<Colormap>& map : choices(Colormap{})) EXPECT_EQ(choice_by_id<Colormap>(map.id), map.value);
  EXPECT_EQ(choice_by_id<Colormap>("jet"), std::nullopt);
}

TEST(Heatmap, AValueTakesTheNearestOfTheTablesEntries) {
  const ColorTable& table = color_table(Colormap::grey);
  const Range range{-1.f, 1.f};
  EXPECT_EQ(color_of(-1.f, range, table)[0], 0);
  EXPECT_EQ(color_of(0.5f, range, table)[0], 191);  // 0.75 · 255 = 191.25
  EXPECT_EQ(color_of(1.f, range, table)[0], 255);
  EXPECT_EQ(color_of(7.f, range, table)[0], 255);
  EXPECT_EQ(color_of(-7.f, range, table)[0], 0);
  EXPECT_EQ(color_of(std::numeric_limits<float>::quiet_NaN(), range, table)[0], 0);
  EXPECT_EQ(color_of(2.f, {3.f, 3.f}, table)[0], 0);
  EXPECT_EQ(color_of(4.f, {3.f, 3.f}, table)[0], 255);
}

TEST(Heatmap, TheRangeIsThatOfTheValues) {
  const std::vector<float> values = {0.25f, -2.f, 3.f};
  EXPECT_EQ(range_of(values), (Range{-2.f, 3.f}));
  EXPECT_EQ(range_of({}), (Range{0.f, 1.f}));
  const std::vector<float> uniform(5, 0.2f);
  const Range range = range_of(uniform);
  EXPECT_LT(range.low, 0.2f);
  EXPECT_GT(range.high, 0.2f);
  EXPECT_NEAR(color_of(0.2f, range, color_table(Colormap::grey))[0], 127.5, 1);
  const std::vector<float> nothing(5, 0.f);
  EXPECT_EQ(range_of(nothing), (Range{0.f, 1.f})) << "in the colour of nothing, not of the middle";
  EXPECT_EQ(shared_range(nothing), (Range{0.f, 1.f}));
}

TEST(Heatmap, ASharedRangeIsNotDecidedByAFewPatches) {
  std::vector<float> values(400);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 200) / 256;
  EXPECT_EQ(shared_range(values), (Range{0.f, 198.f / 256})) << "99.5 % of 400 are at most the 398th";
  values[7] = 8.f;
  EXPECT_EQ(shared_range(values), (Range{0.f, 199.f / 256})) << "one patch with far more than all others";
  const std::vector<float> few = {0.1f, 0.7f, 0.2f};
  EXPECT_EQ(shared_range(few), range_of(few)) << "so few patches have no rare ones";
  const std::vector<float> uniform(300, 0.2f);
  EXPECT_EQ(shared_range(uniform), range_of(uniform));
  EXPECT_EQ(shared_range({}), (Range{0.f, 1.f}));
}

/// What the class token looks at in every head of a real network, as its reference implementation says: 12 blocks of 6
/// heads, 16 × 16 patches (tests/golden/make_real.py).
TEST(Heatmap, ARealNetworksHeadsAreSeenInTheRangeOfTheirBlock) {
  const auto file =
      open_tensor_file(std::filesystem::path(HEADLIGHT_SOURCE_DIR) / "tests/golden/real/maps.safetensors");
  const std::vector<float> maps = file->read_all("maps");
  ASSERT_EQ(maps.size(), 12u * 6 * 256);
  int visible = 0;
  for (std::size_t block = 0; block < 12; ++block) {
    const Range range = shared_range({maps.data() + block * 6 * 256, 6 * 256});
    for (std::size_t head = 0; head < 6; ++head) {
      const float* map = maps.data() + (block * 6 + head) * 256;
      const Image tile = render({16, 16, {map, map + 256}}, {}, range, 64, 64);
      const Image empty = render({16, 16, std::vector<float>(256, 0.f)}, {}, range, 64, 64);
      int differ = 0;
      for (int i = 0; i < 64 * 64; ++i)
        for (int c = 0; c < 3; ++c)
          if (std::abs(int{tile.rgb[static_cast<std::size_t>(3 * i + c)]} -
                       int{empty.rgb[static_cast<std::size_t>(3 * i + c)]}) > 16) {
            ++differ;
            break;
          }
      visible += differ > 64 * 64 / 20;
    }
  }
  EXPECT_GE(visible, 60) << "of 72 tiles that differ from an empty map in more than 5 % of their pixels";
}

TEST(Heatmap, NearestTakesThePatchUnderThePoint) {
  const PatchMap map = one_hot(2, 3, 1, 2);
  EXPECT_EQ(sample(map, 2.0, 1.0, false), 1.f);
  EXPECT_EQ(sample(map, 2.999, 1.999, false), 1.f);
  EXPECT_EQ(sample(map, 1.999, 1.5, false), 0.f);
  EXPECT_EQ(sample(map, 9.0, 9.0, false), 1.f) << "the border holds outside";
  EXPECT_EQ(sample(map, -9.0, -9.0, false), 0.f);
}

TEST(Heatmap, SmoothInterpolatesBetweenPatchCentres) {
  const PatchMap map = one_hot(3, 3, 1, 1);
  EXPECT_FLOAT_EQ(sample(map, 1.5, 1.5, true), 1.f);
  EXPECT_FLOAT_EQ(sample(map, 2.0, 1.5, true), 0.5f);
  EXPECT_FLOAT_EQ(sample(map, 2.0, 1.0, true), 0.25f);
  EXPECT_FLOAT_EQ(sample(map, 2.25, 1.5, true), 0.25f);
  EXPECT_FLOAT_EQ(sample(map, 2.5, 1.5, true), 0.f);
  const PatchMap corner = one_hot(3, 3, 0, 0);
  EXPECT_FLOAT_EQ(sample(corner, 0.0, 0.0, true), 1.f) << "the border value is held";
}

TEST(Heatmap, AOneHotMapRendersAsOneSquare) {
  const Image image = render(one_hot(2, 2, 0, 1), grey(false), {0.f, 1.f}, 8, 8);
  for (int y = 0; y < 8; ++y)
    for (int x = 0; x < 8; ++x) EXPECT_EQ(color_at(image, x, y)[0], x >= 4 && y < 4 ? 255 : 0) << x << ',' << y;
}

TEST(Heatmap, ASmoothOneHotMapRendersAsATent) {
  // 1 × 2 patches on 8 px: pixel centres lie at 0.125, 0.375, … patches, and centres of patches at 0.5 and 1.5.
  const Image image = render(one_hot(1, 2, 0, 1), grey(true), {0.f, 1.f}, 8, 1);
  const std::array<int, 8> expected = {0, 0, 32, 96, 159, 223, 255, 255};  // 255 · (0, 0, 1/8, 3/8, 5/8, 7/8, 1, 1)
  for (int x = 0; x < 8; ++x) EXPECT_EQ(color_at(image, x, 0)[0], expected[static_cast<std::size_t>(x)]) << x;
}

TEST(Heatmap, WhatHasLessThanTheEvenShareLeavesThePhotoClear) {
  const Range range{0.f, 0.5f};
  EXPECT_EQ(overlay_weight(0.8f, 0.1f, 0.1f, range), 0.f);
  EXPECT_NEAR(overlay_weight(0.8f, 0.2f, 0.1f, range), 0.4f, 1e-6);  // √(1/4) of the opacity
  EXPECT_EQ(overlay_weight(0.8f, 0.5f, 0.1f, range), 0.8f);
  EXPECT_EQ(overlay_weight(0.8f, 0.9f, 0.1f, range), 0.8f);
  EXPECT_EQ(overlay_weight(0.8f, std::nanf(""), 0.1f, range), 0.f);
  EXPECT_EQ(clear_up_to(0.1f, range), 0.1f);
  EXPECT_EQ(clear_up_to(0.1f, {0.2f, 0.5f}), 0.2f) << "a fixed range that begins above it";
  EXPECT_EQ(clear_up_to(0.f, {-1.f, 1.f}), -1.f) << "no shares";
}

TEST(Heatmap, APaintedMapHasItsOwnColoursWhereItCovers) {
  PatchMap map = one_hot(1, 4, 0, 2);
  map.paint = {1.5f, 0.f,  0.2f, 1.f,   // red, cut off at 1
               0.f,  0.4f, 0.2f, 1.f,   // green
               0.f,  -1.f, 0.2f, 1.f,   // blue, cut off at 0
               1.f,  1.f,  1.f,  0.f};  // cover
  const Image image = render(map, grey(false), {0.f, 1.f}, 4, 1);
  const std::array<std::array<int, 3>, 4> expected = {{{255, 0, 0}, {0, 102, 0}, {51, 51, 51}, {0, 0, 0}}};
  Image photo;
  photo.width = 4;
  photo.height = 1;
  photo.rgb.assign(12, 100);
  const Image over = render_overlay(map, grey(false, 0.5f), {0.f, 1.f}, photo, {0, 0, 4, 1}, 4, 1);
  for (int x = 0; x < 4; ++x)
    for (std::size_t c = 0; c < 3; ++c) {
      EXPECT_EQ(int{image.pixel(x, 0)[c]}, expected[static_cast<std::size_t>(x)][c]) << x << " channel " << c;
      const double mixed = x == 3 ? 60 : 0.5 * 60 + 0.5 * expected[static_cast<std::size_t>(x)][c];
      EXPECT_NEAR(over.pixel(x, 0)[c], mixed, 1) << x << " channel " << c;
    }
}

TEST(Heatmap, TheOverlayMixesInsideTheBoxAndDimsOutside) {
  Image photo;
  photo.width = 8;
  photo.height = 4;
  photo.rgb.assign(96, 100);
  // The box covers columns 2 … 5 of the photo; its right half is the patch that shines.
  const Image image = render_overlay(one_hot(1, 2, 0, 1), grey(false, 0.5f), {0.f, 1.f}, photo, {2, 0, 4, 4}, 8, 4);
  const std::array<int, 8> expected = {35, 35, 60, 60, 158, 158, 35, 35};
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 8; ++x) EXPECT_EQ(color_at(image, x, y)[1], expected[static_cast<std::size_t>(x)]) << x;
}

TEST(Heatmap, TheOverlayFollowsTheBoxOnAScaledPhotoWithPadding) {
  Image photo;
  photo.width = 4;
  photo.height = 4;
  photo.rgb.assign(48, 100);
  // The network saw 2 px of padding on both sides: only the two middle patches of four lie on the photo.
  const Image image = render_overlay(one_hot(1, 4, 0, 2), grey(false), {0.f, 1.f}, photo, {-4, 0, 12, 4}, 12, 12);
  for (int x = 0; x < 12; ++x) EXPECT_EQ(color_at(image, x, 6)[0], x >= 6 ? 255 : 60) << x;
}

}  // namespace
}  // namespace vit
