// Which part of the photo the large picture shows: fit, zoom about a point, pan.
#pragma once

namespace headlight {

/// A point on the screen (px) or in the photo (px of the photo).
struct Point {
  double x = 0, y = 0;
};

/// A part of the photo, px of the photo.
struct PhotoPart {
  Point from, size;
};

/// All pages share one, so that the photo stays where it is when the page changes.
class Camera {
 public:
  /// Before the others in every frame: the picture's place on the screen, the size of the photo, and the part of it
  /// that a fit shows.
  void place(Point from, Point size, Point photo, PhotoPart fitted);

  void fit() { scale_ = 0; }
  void zoom_to(double scale, Point about);  // the point of the photo under `about` (screen px) stays there
  void zoom(double factor, Point about) { zoom_to(shown_scale_ * factor, about); }
  void pan(double dx, double dy);  // screen px

  Point from() const { return from_; }
  Point size() const { return size_; }
  double scale() const { return shown_scale_; }  // screen px a photo px
  Point corner() const;                          // of the picture, in photo px
  Point to_screen(Point photo) const;
  Point to_photo(Point screen) const;

 private:
  static constexpr double kSmallestScale = 0.02, kLargestScale = 64;
  PhotoPart fitted_{{0, 0}, {1, 1}};
  Point from_, size_{1, 1}, center_;  // center_: photo px in the middle of the picture
  double scale_ = 0;                  // 0: fit
  double shown_scale_ = 1;            // with fit resolved
};

}  // namespace headlight
