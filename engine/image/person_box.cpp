#include "engine/image/person_box.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace vit {
namespace {

constexpr float kEnlarged = 1.25f, kUnit = 200.f;  // px that the processor calls 1

/// Width and height of the enlarged box in px, rounded to single precision where the processor does.
std::pair<double, double> enlarged(int photo_width, int photo_height, int width, int height) {
  const double aspect = static_cast<double>(width) / height;
  double w = photo_width, h = photo_height;
  if (w > aspect * h) {
    h = w / aspect;
  } else if (w < aspect * h) {
    w = h * aspect;
  }
  const auto rounded = [](double px) {
    return static_cast<double>(static_cast<float>(px / kUnit) * kEnlarged * kUnit);
  };
  return {rounded(w), rounded(h)};
}

}  // namespace

Box person_box_on(int photo_width, int photo_height, int width, int height) {
  const auto [w, h] = enlarged(photo_width, photo_height, width, height);
  // Pixel 0 shows the box's left edge and the last pixel its right one.
  const double x = w / (width - 1), y = h / (height - 1);
  return {(photo_width - w) / 2 - x / 2 + 0.5, (photo_height - h) / 2 - y / 2 + 0.5, x * width, y * height};
}

Image person_box(const Image& photo, int width, int height) {
  const auto [w, h] = enlarged(photo.width, photo.height, width, height);
  const double step_x = w / (width - 1), step_y = h / (height - 1);
  const double left = (photo.width - w) / 2.0, top = (photo.height - h) / 2.0;
  Image out;
  out.width = width;
  out.height = height;
  out.name = photo.name;
  out.rgb.assign(std::size_t{3} * static_cast<std::size_t>(width) * height, 0);
  for (int y = 0; y < height; ++y) {
    const double from_y = top + y * step_y;
    if (from_y < 0 || from_y > photo.height - 1) continue;
    const int y0 = std::min(static_cast<int>(from_y), photo.height - 1), y1 = std::min(y0 + 1, photo.height - 1);
    const double down = from_y - y0;
    for (int x = 0; x < width; ++x) {
      const double from_x = left + x * step_x;
      if (from_x < 0 || from_x > photo.width - 1) continue;
      const int x0 = std::min(static_cast<int>(from_x), photo.width - 1), x1 = std::min(x0 + 1, photo.width - 1);
      const double right = from_x - x0;
      for (int c = 0; c < 3; ++c) {
        const double above = (1 - right) * photo.pixel(x0, y0)[c] + right * photo.pixel(x1, y0)[c];
        const double below = (1 - right) * photo.pixel(x0, y1)[c] + right * photo.pixel(x1, y1)[c];
        const std::size_t at = 3 * (static_cast<std::size_t>(y) * width + x) + static_cast<std::size_t>(c);
        out.rgb[at] = static_cast<std::uint8_t>((1 - down) * above + down * below + 0.5);
      }
    }
  }
  return out;
}

}  // namespace vit
