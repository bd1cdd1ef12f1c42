#include "engine/image/pixel_statistics.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace vit {

namespace {

std::span<const float> plane(const Pixels& pixels, int channel) {
  const std::size_t area = static_cast<std::size_t>(pixels.width) * static_cast<std::size_t>(pixels.height);
  return std::span(pixels.chw).subspan(static_cast<std::size_t>(channel) * area, area);
}

}  // namespace

ChannelStatistics channel_statistics(const Pixels& pixels, int channel) {
  const std::span<const float> values = plane(pixels, channel);
  if (values.empty()) return {};
  ChannelStatistics result{.least = values[0], .most = values[0]};
  double sum = 0, squares = 0;
  for (const float value : values) {
    result.least = std::min(result.least, value);
    result.most = std::max(result.most, value);
    sum += value;
  }
  result.mean = sum / static_cast<double>(values.size());
  for (const float value : values) squares += (value - result.mean) * (value - result.mean);
  result.std = std::sqrt(squares / static_cast<double>(values.size()));
  return result;
}

Image channel_picture(const Pixels& pixels, int channel) {
  const std::span<const float> values = plane(pixels, channel);
  const ChannelStatistics range = channel_statistics(pixels, channel);
  const float span = range.most - range.least;
  Image picture;
  picture.width = pixels.width;
  picture.height = pixels.height;
  picture.rgb.reserve(3 * values.size());
  for (const float value : values) {
    const float part = span > 0 ? (value - range.least) / span : 0.5f;
    picture.rgb.insert(picture.rgb.end(), 3, static_cast<std::uint8_t>(std::lround(255 * part)));
  }
  return picture;
}

}  // namespace vit
