#include "app/files/pixels_file.h"

#include <algorithm>
#include <cmath>

#include "engine/base/error.h"
#include "engine/containers/tensor_file.h"

namespace headlight {
namespace {

constexpr std::int64_t kLargestSide = 16384;  // px

vit::Image as_picture(const vit::Pixels& pixels) {
  vit::Image image;
  image.width = pixels.width;
  image.height = pixels.height;
  const std::size_t area = static_cast<std::size_t>(pixels.width) * pixels.height;
  image.rgb.resize(3 * area);
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t i = 0; i < area; ++i) {
      const float value = pixels.chw[c * area + i] * pixels.preprocessing.std[c] + pixels.preprocessing.mean[c];
      const float unit = value / (255.f * pixels.preprocessing.rescale);
      image.rgb[3 * i + c] =
          static_cast<std::uint8_t>(std::clamp(std::isfinite(unit) ? unit : 0.f, 0.f, 1.f) * 255.f + 0.5f);
    }
  return image;
}

}  // namespace

vit::Pixels load_pixels(const std::filesystem::path& file, const vit::Preprocessing& rules) {
  const auto tensors = vit::open_tensor_file(file);
  const auto entry = tensors->entries().find("pixels");
  if (entry == tensors->entries().end())
    throw vit::Error(file.string() + " holds no tensor named \"pixels\"; save the input (3, H, W) under that name.");
  std::vector<std::int64_t> shape = entry->second.shape;
  if (shape.size() == 4 && shape.front() == 1) shape.erase(shape.begin());
  const auto is_side = [](std::int64_t side) { return side >= 1 && side <= kLargestSide; };
  const bool one_channel = rules.grey && shape.size() == 3 && shape[0] == 1;
  if (shape.size() != 3 || (shape[0] != 3 && !one_channel) || !is_side(shape[1]) || !is_side(shape[2]))
    throw vit::Error("The tensor \"pixels\" of " + file.string() + " is not of shape (3, H, W); save one picture.");

  vit::Pixels pixels;
  pixels.height = static_cast<int>(shape[1]);
  pixels.width = static_cast<int>(shape[2]);
  pixels.chw = tensors->read_all("pixels");
  if (one_channel) {
    const std::size_t area = pixels.chw.size();
    pixels.chw.resize(3 * area);
    for (const std::size_t c : {1, 2}) std::copy_n(pixels.chw.begin(), area, pixels.chw.begin() + c * area);
  }
  if (!std::all_of(pixels.chw.begin(), pixels.chw.end(), [](float value) { return std::isfinite(value); }))
    throw vit::Error("The tensor \"pixels\" of " + file.string() +
                     " holds numbers that are not finite; normalise it again.");
  pixels.box = {0, 0, static_cast<double>(pixels.width), static_cast<double>(pixels.height)};
  pixels.preprocessing = rules;
  pixels.preprocessing.resize = vit::ResizeRule::none;
  pixels.preprocessing.crop = vit::CropRule::center;
  pixels.preprocessing.width = pixels.width;
  pixels.preprocessing.height = pixels.height;
  pixels.resized = as_picture(pixels);
  pixels.resized.name = file.string();
  return pixels;
}

}  // namespace headlight
