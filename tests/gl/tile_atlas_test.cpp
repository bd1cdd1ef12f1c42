// Tiles are drawn once for each set of maps, and never shown for another one.
#include "app/panels/tile_atlas.h"

#include <gtest/gtest.h>

#include <array>
#include <new>

#include "tests/gl/gl_context.h"

namespace headlight {
namespace {

vit::MapSet set_of(std::uint64_t serial, float value) {
  vit::MapSet set;
  set.serial = serial;
  set.rows = set.cols = 2;
  set.labels = {{"a", "a"}};
  set.values.assign(4, value);
  set.own = {{0.f, 1.f}};
  set.of_block = {{0.f, 1.f}};
  return set;
}

TEST(TileAtlas, AnotherSetAtTheSameAddressIsDrawnAnew) {
  const gl::OffscreenContext context;
  if (!context.works()) GTEST_SKIP() << "this system has no OpenGL without a display";
  gl::HeatmapPainter painter;
  painter.set_colormap(vit::Colormap::grey);
  const TilePhoto photo{.box = {0, 0, 2, 2}, .width = 2, .height = 2};
  const std::array indices = {0};
  TileAtlas atlas;
  // One set after the other in the same memory, as an allocator may give it to a freed and a new pass.
  alignas(vit::MapSet) std::array<std::byte, sizeof(vit::MapSet)> place{};
  const auto drawn = [&](std::uint64_t serial, float value) {
    auto* set = new (place.data()) vit::MapSet(set_of(serial, value));
    painter.set_maps(*set);
    atlas.prepare({.maps = set->serial, .photo = 1, .look = {.opacity = 1.f}, .width = 8, .height = 8}, 1);
    atlas.paint(painter, photo, *set, indices);
    const int red = atlas.read_tile(0).pixel(4, 4)[0];
    set->~MapSet();
    return red;
  };
  EXPECT_EQ(drawn(1, 0.f), 0);
  EXPECT_EQ(drawn(2, 1.f), 255);
  EXPECT_EQ(drawn(3, 0.f), 0);
}

}  // namespace
}  // namespace headlight
