#include "engine/image/resample.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

#include "engine/base/error.h"

namespace vit {
namespace {

double triangle(double x) {
  return std::max(0.0, 1.0 - std::abs(x));
}

/// Keys' cubic convolution with a = -0.5.
double cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double lanczos3(double x) {
  return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0;
}

struct Filter {
  double (*value)(double);
  double support;  // half width at scale 1
};

Filter filter_of(Interpolation interpolation) {
  switch (interpolation) {
    case Interpolation::bilinear:
      return {triangle, 1.0};
    case Interpolation::bicubic:
      return {cubic, 2.0};
    case Interpolation::lanczos:
      return {lanczos3, 3.0};
    case Interpolation::nearest:
      break;
  }
  assert(false && "nearest has no filter");
  return {triangle, 1.0};
}

std::int32_t fixed_point(double weight) {
  const double scaled = weight * (1 << kWeightBits);
  return static_cast<std::int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

std::uint8_t rounded_pixel(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

/// Rows [first_row, first_row + rows) of the source, each resized to `width`.
Image resize_rows(const Image& source, int width, int first_row, int rows, Interpolation interpolation) {
  const AxisWeights axis = axis_weights(source.width, width, interpolation);
  Image out;
  out.width = width;
  out.height = rows;
  out.rgb.resize(std::size_t{3} * static_cast<std::size_t>(width) * rows);
  std::uint8_t* to = out.rgb.data();
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < width; ++x, to += 3) {
      const std::uint8_t* from = source.pixel(axis.first[x], first_row + y);
      const std::int32_t* weight = axis.weight.data() + static_cast<std::size_t>(x) * axis.most;
      std::int32_t red = kHalf, green = kHalf, blue = kHalf;
      for (int i = 0; i < axis.count[x]; ++i, from += 3) {
        red += from[0] * weight[i];
        green += from[1] * weight[i];
        blue += from[2] * weight[i];
      }
      to[0] = rounded_pixel(red);
      to[1] = rounded_pixel(green);
      to[2] = rounded_pixel(blue);
    }
  }
  return out;
}

/// Columns resized along `axis`, whose source rows start at `first_row` of the full picture.
Image resize_columns(const Image& source, const AxisWeights& axis, int first_row) {
  const int height = static_cast<int>(axis.first.size());
  const std::size_t row_values = std::size_t{3} * static_cast<std::size_t>(source.width);
  Image out;
  out.width = source.width;
  out.height = height;
  out.rgb.resize(row_values * height);
  std::vector<std::int32_t> sums(row_values);
  for (int y = 0; y < height; ++y) {
    std::fill(sums.begin(), sums.end(), kHalf);
    const std::int32_t* weight = axis.weight.data() + static_cast<std::size_t>(y) * axis.most;
    for (int i = 0; i < axis.count[y]; ++i) {
      const std::uint8_t* from = source.pixel(0, axis.first[y] - first_row + i);
      for (std::size_t v = 0; v < row_values; ++v) sums[v] += from[v] * weight[i];
    }
    std::uint8_t* to = out.rgb.data() + y * row_values;
    for (std::size_t v = 0; v < row_values; ++v) to[v] = rounded_pixel(sums[v]);
  }
  return out;
}

Image resize_nearest(const Image& source, int width, int height) {
  const std::vector<int> xs = nearest_indices(source.width, width), ys = nearest_indices(source.height, height);
  Image out;
  out.width = width;
  out.height = height;
  out.rgb.reserve(std::size_t{3} * static_cast<std::size_t>(width) * height);
  for (int y : ys)
    for (int x : xs) out.rgb.insert(out.rgb.end(), source.pixel(x, y), source.pixel(x, y) + 3);
  return out;
}

}  // namespace

AxisWeights axis_weights(int source, int destination, Interpolation interpolation) {
  const Filter filter = filter_of(interpolation);
  const double scale = static_cast<double>(source) / destination;
  const double stretch = std::max(scale, 1.0);
  const double support = filter.support * stretch;

  AxisWeights axis;
  axis.most = static_cast<int>(std::ceil(support)) * 2 + 1;
  axis.weight.assign(static_cast<std::size_t>(destination) * axis.most, 0);
  std::vector<double> exact(static_cast<std::size_t>(axis.most));
  for (int i = 0; i < destination; ++i) {
    const double center = (i + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(center - support + 0.5));
    const int count = std::min(source, static_cast<int>(center + support + 0.5)) - first;
    double total = 0;
    for (int j = 0; j < count; ++j) {
      exact[j] = filter.value((first + j - center + 0.5) * (1.0 / stretch));
      total += exact[j];
    }
    for (int j = 0; j < count; ++j)
      axis.weight[static_cast<std::size_t>(i) * axis.most + j] =
          fixed_point(total != 0.0 ? exact[j] / total : exact[j]);
    axis.first.push_back(first);
    axis.count.push_back(count);
  }
  return axis;
}

std::vector<int> nearest_indices(int source, int destination) {
  const double step = static_cast<double>(source) / destination;
  std::vector<int> indices;
  // PIL walks by adding the step, and rounding errors add up with it: the sum decides which side of a border is taken.
  double position = step * 0.5;
  for (int i = 0; i < destination; ++i, position += step)
    indices.push_back(std::min(static_cast<int>(position), source - 1));
  return indices;
}

Image resize(const Image& image, int width, int height, Interpolation interpolation) {
  if (width < 1 || height < 1 || image.width < 1 || image.height < 1)
    throw Error(image.name + " cannot be resized to " + std::to_string(width) + "×" + std::to_string(height) +
                " pixels; both sides must be at least 1.");
  if (image.width == width && image.height == height) return image;

  Image out;
  if (interpolation == Interpolation::nearest) {
    out = resize_nearest(image, width, height);
  } else if (image.height == height) {
    out = resize_rows(image, width, 0, height, interpolation);
  } else {
    const AxisWeights axis = axis_weights(image.height, height, interpolation);
    if (image.width == width) {
      out = resize_columns(image, axis, 0);
    } else {
      // Rows that no destination row needs are left out of the first pass.
      const int first_row = axis.first.front();
      const int rows = axis.first.back() + axis.count.back() - first_row;
      out = resize_columns(resize_rows(image, width, first_row, rows, interpolation), axis, first_row);
    }
  }
  out.name = image.name;
  return out;
}

}  // namespace vit
