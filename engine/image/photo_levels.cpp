#include "engine/image/photo_levels.h"

#include <algorithm>
#include <cmath>

#include "engine/image/preprocessing.h"

namespace headlight {
namespace {

std::shared_ptr<const vit::Image> resized(const vit::Image& image, int width, int height) {
  return std::make_shared<const vit::Image>(vit::resize(image, width, height, vit::Interpolation::bilinear));
}

}  // namespace

PhotoLevels photo_levels(const std::shared_ptr<const vit::Image>& photo) {
  PhotoLevels levels = {photo};
  if (const int longer = std::max(photo->width, photo->height); longer > kDisplayPx) {
    const auto side = [&](int px) {
      return std::max(1, static_cast<int>(std::lround(static_cast<double>(px) * kDisplayPx / longer)));
    };
    levels[0] = resized(*photo, side(photo->width), side(photo->height));
  }
  while (levels.back()->width > 1 || levels.back()->height > 1) {
    const vit::Image& last = *levels.back();
    levels.push_back(resized(last, std::max(1, last.width / 2), std::max(1, last.height / 2)));
  }
  return levels;
}

}  // namespace headlight
