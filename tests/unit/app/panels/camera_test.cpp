// Which part of the photo the large picture shows.
#include "app/panels/camera.h"

#include <gtest/gtest.h>

namespace headlight {
namespace {

Camera placed() {
  Camera camera;
  camera.place({100, 50}, {400, 200}, {800, 600}, {{0, 0}, {800, 600}});
  return camera;
}

TEST(Camera, FitShowsTheWholePhotoInTheMiddle) {
  const Camera camera = placed();
  EXPECT_DOUBLE_EQ(camera.scale(), 200.0 / 600);
  EXPECT_DOUBLE_EQ(camera.to_screen({400, 300}).x, 300);
  EXPECT_DOUBLE_EQ(camera.to_screen({400, 300}).y, 150);
  EXPECT_DOUBLE_EQ(camera.to_photo(camera.to_screen({10, 20})).x, 10);
  EXPECT_DOUBLE_EQ(camera.to_photo(camera.to_screen({10, 20})).y, 20);
}

TEST(Camera, AFitShowsThePartThatIsAskedFor) {
  Camera camera;
  camera.place({100, 50}, {400, 200}, {800, 600}, {{300, 100}, {200, 200}});
  EXPECT_DOUBLE_EQ(camera.scale(), 1);
  EXPECT_DOUBLE_EQ(camera.to_screen({400, 200}).x, 300);
  EXPECT_DOUBLE_EQ(camera.to_screen({400, 200}).y, 150);
  camera.pan(10, 0);  // the fit is left; the other part of the photo is within reach
  camera.place({100, 50}, {400, 200}, {800, 600}, {{300, 100}, {200, 200}});
  EXPECT_DOUBLE_EQ(camera.to_screen({400, 200}).x, 310);
}

TEST(Camera, ZoomKeepsThePointUnderTheCursor) {
  Camera camera = placed();
  const Point cursor{350, 120}, before = camera.to_photo(cursor);
  camera.zoom(2, cursor);
  camera.place({100, 50}, {400, 200}, {800, 600}, {{0, 0}, {800, 600}});
  EXPECT_DOUBLE_EQ(camera.scale(), 2 * 200.0 / 600);
  EXPECT_NEAR(camera.to_photo(cursor).x, before.x, 1e-9);
  EXPECT_NEAR(camera.to_photo(cursor).y, before.y, 1e-9);
}

TEST(Camera, ACursorOutsideZoomsAboutTheMiddle) {
  Camera camera = placed();
  camera.zoom(2, {0, 0});
  camera.place({100, 50}, {400, 200}, {800, 600}, {{0, 0}, {800, 600}});
  EXPECT_DOUBLE_EQ(camera.to_screen({400, 300}).x, 300);
}

TEST(Camera, PanStopsWithTheMiddleOnThePhoto) {
  Camera camera = placed();
  camera.pan(1e6, 0);
  camera.place({100, 50}, {400, 200}, {800, 600}, {{0, 0}, {800, 600}});
  EXPECT_DOUBLE_EQ(camera.to_photo({300, 150}).x, 0);
  camera.fit();
  camera.place({100, 50}, {400, 200}, {800, 600}, {{0, 0}, {800, 600}});
  EXPECT_DOUBLE_EQ(camera.to_photo({300, 150}).x, 400);
}

}  // namespace
}  // namespace headlight
