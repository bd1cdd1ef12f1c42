#include "app/panels/camera.h"

#include <algorithm>
#include <cmath>

namespace headlight {

namespace {

Point middle(const PhotoPart& part) {
  return {part.from.x + part.size.x / 2, part.from.y + part.size.y / 2};
}

}  // namespace

void Camera::place(Point from, Point size, Point photo, PhotoPart fitted) {
  from_ = {std::floor(from.x), std::floor(from.y)};
  size_ = {std::max(1.0, std::floor(size.x)), std::max(1.0, std::floor(size.y))};
  fitted_ = fitted;
  if (scale_ == 0) {
    shown_scale_ = std::min(size_.x / fitted.size.x, size_.y / fitted.size.y);
    center_ = middle(fitted);
    return;
  }
  shown_scale_ = scale_;
  center_ = {std::clamp(center_.x, 0.0, photo.x), std::clamp(center_.y, 0.0, photo.y)};
}

void Camera::zoom_to(double scale, Point about) {
  double dx = about.x - (from_.x + size_.x / 2), dy = about.y - (from_.y + size_.y / 2);
  if (std::abs(dx) > size_.x / 2 || std::abs(dy) > size_.y / 2) dx = dy = 0;
  if (scale_ == 0) center_ = middle(fitted_);
  scale = std::clamp(scale, kSmallestScale, kLargestScale);
  center_.x += dx / shown_scale_ - dx / scale;
  center_.y += dy / shown_scale_ - dy / scale;
  scale_ = scale;
}

void Camera::pan(double dx, double dy) {
  if (scale_ == 0) scale_ = shown_scale_;
  center_.x -= dx / shown_scale_;
  center_.y -= dy / shown_scale_;
}

Point Camera::corner() const {
  return {center_.x - size_.x / 2 / shown_scale_, center_.y - size_.y / 2 / shown_scale_};
}

Point Camera::to_screen(Point photo) const {
  return {from_.x + size_.x / 2 + (photo.x - center_.x) * shown_scale_,
          from_.y + size_.y / 2 + (photo.y - center_.y) * shown_scale_};
}

Point Camera::to_photo(Point screen) const {
  return {(screen.x - from_.x - size_.x / 2) / shown_scale_ + center_.x,
          (screen.y - from_.y - size_.y / 2) / shown_scale_ + center_.y};
}

}  // namespace headlight
