// The shader's pictures, read back, against engine/heatmap.h: the same table, range and sampling rule.
#include "app/gl/heatmap_painter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>

#include "tests/gl/gl_context.h"

namespace headlight::gl {
namespace {

constexpr int kTolerance = 2;  // of 255

vit::PatchMap random_map(int rows, int cols, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> value(0.f, 0.2f);
  vit::PatchMap map{.rows = rows, .cols = cols, .values = {}};
  for (int i = 0; i < rows * cols; ++i) map.values.push_back(value(random));
  return map;
}

vit::PatchMap one_hot(int rows, int cols, int row, int col) {
  vit::PatchMap map{
      .rows = rows, .cols = cols, .values = std::vector<float>(static_cast<std::size_t>(rows) * cols, 0.f)};
  map.values[static_cast<std::size_t>(row) * cols + col] = 1.f;
  return map;
}

vit::Image flat_photo(int width, int height) {
  vit::Image photo{.width = width, .height = height, .rgb = {}, .name = "flat"};
  for (int i = 0; i < width * height; ++i) photo.rgb.insert(photo.rgb.end(), {200, 100, 40});
  return photo;
}

int largest_difference(const vit::Image& a, const vit::Image& b) {
  int largest = 0;
  for (std::size_t i = 0; i < a.rgb.size(); ++i) largest = std::max(largest, std::abs(int{a.rgb[i]} - int{b.rgb[i]}));
  return largest;
}

/// Draws maps the way the window's tiles do: the network's part of the photo fills the picture.
class HeatmapPainterTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!context_.works()) GTEST_SKIP() << "this system has no OpenGL without a display";
  }

  vit::Image draw(const std::vector<vit::PatchMap>& maps, int index, const vit::Look& look, int width, int height,
                  float clear = 0) {
    HeatmapPainter painter;
    painter.set_colormap(maps[0].about_zero ? vit::Colormap::blue_red : look.colormap);
    painter.set_photo(photo_levels(std::make_shared<const vit::Image>(flat_photo(40, 30))));
    vit::MapSet set;
    set.serial = 1;
    if (maps[0].about_zero) set.scale = vit::Scale::about_zero;
    set.rows = maps[0].rows;
    set.cols = maps[0].cols;
    for (const vit::PatchMap& map : maps) {
      set.values.insert(set.values.end(), map.values.begin(), map.values.end());
      set.labels.emplace_back();
      if (map.paint.empty()) continue;
      set.labels.back().paint = static_cast<int>(set.paint.size() / map.paint.size());
      set.paint.insert(set.paint.end(), map.paint.begin(), map.paint.end());
    }
    painter.set_maps(set);
    Canvas canvas;
    canvas.resize(width, height);
    const vit::Box box{.x = 5, .y = 0, .width = 30, .height = 30};
    painter.begin(canvas);
    painter.draw({.x = 0,
                  .y = 0,
                  .width = width,
                  .height = height,
                  .photo_x = box.x,
                  .photo_y = box.y,
                  .scale = width / box.width,
                  .scale_y = height / box.height},
                 {.map = index,
                  .look = look,
                  .range = look.fixed_range,
                  .clear = clear,
                  .paint = set.paint_of(index),
                  .box = box,
                  .photo_width = 40,
                  .photo_height = 30});
    painter.end();
    return canvas.read(0, 0, width, height);
  }

  OffscreenContext context_;
};

TEST_F(HeatmapPainterTest, EveryColormapEqualsTheFile) {
  const vit::PatchMap map = random_map(5, 7, 1);
  for (const vit::Choice<vit::Colormap>& one : vit::choices(vit::Colormap{}))
    for (const bool smooth : {false, true}) {
      const vit::Look look{.picture = vit::Picture::map,
                           .colormap = one.value,
                           .range_rule = vit::RangeRule::fixed,
                           .fixed_range = {0.01f, 0.17f},
                           .smooth = smooth,
                           .opacity = 1.f};
      const vit::Image drawn = draw({map}, 0, look, 131, 97);
      EXPECT_LE(largest_difference(drawn, vit::render(map, look, look.fixed_range, 131, 97)), kTolerance)
          << one.id << (smooth ? ", smooth" : ", nearest");
    }
}

TEST_F(HeatmapPainterTest, MapsBehindTheFirstAreFoundAcrossTheFoldOfTheTexture) {
  std::vector<vit::PatchMap> maps;
  for (unsigned i = 0; i < 9; ++i) maps.push_back(random_map(14, 14, i));  // 9 · 196 values in rows of 1024
  const vit::Look look{.picture = vit::Picture::map,
                       .colormap = vit::Colormap::viridis,
                       .range_rule = vit::RangeRule::fixed,
                       .fixed_range = {0.f, 0.2f},
                       .smooth = false,
                       .opacity = 1.f};
  for (const int index : {0, 5, 8})
    EXPECT_LE(largest_difference(draw(maps, index, look, 140, 140),
                                 vit::render(maps[static_cast<std::size_t>(index)], look, look.fixed_range, 140, 140)),
              kTolerance)
        << "map " << index;
}

TEST_F(HeatmapPainterTest, OneHotPatchIsWhereItBelongs) {
  const vit::Look look{.picture = vit::Picture::map,
                       .colormap = vit::Colormap::grey,
                       .range_rule = vit::RangeRule::fixed,
                       .fixed_range = {0.f, 1.f},
                       .smooth = false,
                       .opacity = 1.f};
  const vit::Image drawn = draw({one_hot(4, 6, 1, 4)}, 0, look, 60, 40);
  for (int y = 0; y < 40; ++y)
    for (int x = 0; x < 60; ++x) {
      const bool inside = x >= 40 && x < 50 && y >= 10 && y < 20;
      ASSERT_EQ(int{drawn.pixel(x, y)[0]}, inside ? 255 : 0) << "pixel " << x << ", " << y;
    }
}

TEST_F(HeatmapPainterTest, AMapOverThePhotoIsThatOfTheFileRenderer) {
  vit::Look look{.picture = vit::Picture::over,
                 .colormap = vit::Colormap::inferno,
                 .range_rule = vit::RangeRule::fixed,
                 .fixed_range = {0.f, 1.f},
                 .smooth = false,
                 .opacity = 0.8f};
  vit::PatchMap map = one_hot(2, 2, 0, 0);
  map.values = {1.f, 0.5f, 0.26f, 0.1f};
  map.even = 0.25f;
  for (const bool smooth : {false, true}) {
    look.smooth = smooth;
    const vit::Image drawn = draw({map}, 0, look, 40, 30, map.even);
    EXPECT_LE(largest_difference(drawn, vit::render_overlay(map, look, look.fixed_range, flat_photo(40, 30),
                                                            {.x = 0, .y = 0, .width = 40, .height = 30}, 40, 30)),
              kTolerance);
  }
  look.smooth = false;
  const vit::Image drawn = draw({map}, 0, look, 40, 30, map.even);
  EXPECT_NEAR(drawn.pixel(35, 25)[0], 0.6 * (0.299 * 200 + 0.587 * 100 + 0.114 * 40), 1.5)
      << "less than the even share: the grey photo alone";
  look.picture = vit::Picture::photo;
  EXPECT_EQ(int{draw({map}, 0, look, 40, 30, map.even).pixel(5, 5)[0]}, 200);
}

TEST_F(HeatmapPainterTest, ADifferenceIsThatOfTheFileRenderer) {
  vit::PatchMap map = one_hot(2, 2, 0, 0);
  map.values = {-1.f, 0.f, 0.3f, 1.f};
  map.about_zero = true;
  vit::Look look{.range_rule = vit::RangeRule::fixed, .fixed_range = {-1.f, 1.f}, .opacity = 0.8f};
  const vit::Box whole{.x = 0, .y = 0, .width = 40, .height = 30};
  for (const vit::Picture picture : {vit::Picture::over, vit::Picture::map}) {
    look.picture = picture;
    const vit::Image drawn = draw({map}, 0, look, 40, 30);
    const vit::Image file = picture == vit::Picture::map
                                ? vit::render(map, look, look.fixed_range, 40, 30)
                                : vit::render_overlay(map, look, look.fixed_range, flat_photo(40, 30), whole, 40, 30);
    EXPECT_LE(largest_difference(drawn, file), kTolerance);
  }
}

TEST_F(HeatmapPainterTest, APaintedMapIsThatOfTheFileRenderer) {
  std::vector<vit::PatchMap> maps = {random_map(5, 7, 1), random_map(5, 7, 2), random_map(5, 7, 3)};
  for (const std::size_t painted : {1u, 2u})
    for (unsigned plane = 0; plane < 4; ++plane)
      for (const float value : random_map(5, 7, 10 * static_cast<unsigned>(painted) + plane).values)
        maps[painted].paint.push_back(plane < 3 ? 8 * value - 0.3f : value > 0.1f ? 1.f : 0.f);
  vit::Look look{.range_rule = vit::RangeRule::fixed, .fixed_range = {0.f, 0.2f}, .opacity = 0.8f};
  for (const bool smooth : {false, true}) {
    look.smooth = smooth;
    look.picture = vit::Picture::map;
    EXPECT_LE(largest_difference(draw(maps, 2, look, 140, 100), vit::render(maps[2], look, look.fixed_range, 140, 100)),
              kTolerance);
    look.picture = vit::Picture::over;
    EXPECT_LE(largest_difference(draw(maps, 1, look, 140, 100),
                                 vit::render_overlay(maps[1], look, look.fixed_range, flat_photo(40, 30),
                                                     {.x = 0, .y = 0, .width = 40, .height = 30}, 140, 100)),
              kTolerance);
    look.picture = vit::Picture::map;
    EXPECT_LE(largest_difference(draw(maps, 0, look, 140, 100), vit::render(maps[0], look, look.fixed_range, 140, 100)),
              kTolerance)
        << "a map beside them that has no paint";
  }
}

TEST_F(HeatmapPainterTest, APhotoDrawnSmallIsSmoothAndAnotherPhotoTakesItsPlace) {
  vit::Image board{.width = 256, .height = 64, .rgb = {}, .name = "board"};  // every other pixel is white
  for (int i = 0; i < board.width * board.height; ++i) {
    const auto value = static_cast<std::uint8_t>((i % 256 + i / 256) % 2 * 255);
    board.rgb.insert(board.rgb.end(), {value, value, value});
  }
  HeatmapPainter painter;
  painter.set_colormap(vit::Colormap::grey);
  Canvas canvas;
  canvas.resize(16, 4);
  const auto painted = [&](const vit::Image& photo) {
    painter.set_photo(photo_levels(std::make_shared<const vit::Image>(photo)));
    painter.begin(canvas);
    painter.draw({.x = 0, .y = 0, .width = 16, .height = 4, .photo_x = 0, .photo_y = 0, .scale = 16.0 / photo.width},
                 {.map = 0,
                  .look = {.picture = vit::Picture::photo},
                  .range = {0.f, 1.f},
                  .box = {.x = 0, .y = 0, .width = 1.0 * photo.width, .height = 1.0 * photo.height},
                  .photo_width = 1.0 * photo.width,
                  .photo_height = 1.0 * photo.height});
    painter.end();
    return canvas.read(0, 0, 16, 4);
  };
  const vit::Image small = painted(board);
  for (const std::uint8_t value : small.rgb) ASSERT_NEAR(value, 127.5, 2.0);
  const vit::Image flat = painted(flat_photo(16, 4));  // fewer levels than the one before
  for (int x = 0; x < 16; ++x) EXPECT_EQ(int{flat.pixel(x, 2)[0]}, 200) << x;
}

}  // namespace
}  // namespace headlight::gl
