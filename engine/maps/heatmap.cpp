#include "engine/maps/heatmap.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>

#include "engine/base/error.h"
#include "engine/maps/colormaps.h"

namespace vit {
namespace {

constexpr Choice<Colormap> kColormaps[] = {
    {Colormap::viridis, "viridis", "viridis",
     "Dark violet to yellow, even steps for the eye and for the colour-blind."},
    {Colormap::magma, "magma", "magma", "Black through violet to pale yellow."},
    {Colormap::inferno, "inferno", "inferno", "Black through red to pale yellow: the strongest contrast."},
    {Colormap::turbo, "turbo", "turbo", "A rainbow: shows small steps, but its brightness means nothing."},
    {Colormap::grey, "grey", "grey", "Black to white: for print."},
};

constexpr Choice<RangeRule> kRangeRules[] = {
    {RangeRule::shared, "shared", "block",
     "One range for the maps of a block, up to what 99.5 % of their patches have: its heads can be compared."},
    {RangeRule::per_head, "head", "map", "Every map from its own smallest to its own largest value."},
    {RangeRule::all, "all", "all", "One range for every map that is shown: blocks can be compared, too."},
    {RangeRule::fixed, "fixed", "fixed", "The range as it is now; its two ends are dragged on the colour bar."},
};

constexpr Choice<Picture> kPictures[] = {
    {Picture::photo, "photo", "Photo", "The photo alone."},
    {Picture::over, "over", "Over", "The map over the grey photo; what gets less than the even share stays clear."},
    {Picture::map, "map", "Map", "The map alone."},
};

int hex_digit(char digit) {
  return digit <= '9' ? digit - '0' : digit - 'a' + 10;
}

ColorTable parsed(const char* hex) {
  ColorTable table{};
  for (auto& color : table)
    for (auto& channel : color) {
      channel = static_cast<std::uint8_t>(16 * hex_digit(hex[0]) + hex_digit(hex[1]));
      hex += 2;
    }
  return table;
}

ColorTable greys() {
  ColorTable table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i].fill(static_cast<std::uint8_t>(i));
  return table;
}

/// Moreland 2009, "Diverging Color Maps for Scientific Visualization": from one end to grey and on to the other in
/// Msh, which is CIELAB (D65) in polar coordinates, where size and saturation change evenly.
class Diverging {
 public:
  /// `t`: 0 blue, 0.5 grey, 1 red.
  static std::array<std::uint8_t, 3> at(double t) {
    return t < 0.5 ? towards_grey(kBlue, 2 * t) : towards_grey(kRed, 2 - 2 * t);
  }

 private:
  struct Msh {
    double m, s, h;
  };
  // (59, 76, 192) and (180, 4, 38) of sRGB; the middle is as bright as both allow.
  static constexpr Msh kBlue{80, 1.08, -1.1}, kRed{80, 1.08, 0.5};
  static constexpr double kMiddle = 88;

  /// The hue to which a saturated colour turns on its way to a brighter grey, so that no step looks larger.
  static double turned(const Msh& color) {
    const double turn = color.s * std::sqrt(kMiddle * kMiddle - color.m * color.m) / (color.m * std::sin(color.s));
    return color.h > -M_PI / 3 ? color.h + turn : color.h - turn;
  }

  /// `part`: 0 at this end, 1 in the middle.
  static std::array<std::uint8_t, 3> towards_grey(const Msh& end, double part) {
    return rgb({end.m + part * (kMiddle - end.m), end.s * (1 - part), end.h + part * (turned(end) - end.h)});
  }

  static std::array<std::uint8_t, 3> rgb(const Msh& color) {
    const double l = color.m * std::cos(color.s), a = color.m * std::sin(color.s) * std::cos(color.h),
                 b = color.m * std::sin(color.s) * std::sin(color.h);
    const double fy = (l + 16) / 116, fx = fy + a / 500, fz = fy - b / 200;
    const auto inverse = [](double f) { return f > 6.0 / 29 ? f * f * f : 3 * 36.0 / 841 * (f - 4.0 / 29); };
    const double x = 0.95047 * inverse(fx), y = inverse(fy), z = 1.08883 * inverse(fz);
    const std::array linear = {3.2406 * x - 1.5372 * y - 0.4986 * z, -0.9689 * x + 1.8758 * y + 0.0415 * z,
                               0.0557 * x - 0.2040 * y + 1.0570 * z};
    std::array<std::uint8_t, 3> color8{};
    for (std::size_t c = 0; c < 3; ++c) {
      const double v = std::clamp(linear[c], 0.0, 1.0);
      const double encoded = v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
      color8[c] = static_cast<std::uint8_t>(std::lround(255 * encoded));
    }
    return color8;
  }
};

ColorTable blue_to_red() {
  ColorTable table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = Diverging::at(static_cast<double>(i) / 255);
  return table;
}

/// Of (rows, cols) values.
float sample_grid(const float* values, int rows, int cols, double x, double y, bool smooth) {
  const auto at = [&](int row, int col) {
    row = std::clamp(row, 0, rows - 1);
    col = std::clamp(col, 0, cols - 1);
    return values[static_cast<std::ptrdiff_t>(row) * cols + col];
  };
  if (!smooth) return at(static_cast<int>(std::floor(y)), static_cast<int>(std::floor(x)));
  const double left = std::floor(x - 0.5), top = std::floor(y - 0.5);
  const auto fx = static_cast<float>(x - 0.5 - left), fy = static_cast<float>(y - 0.5 - top);
  const int col = static_cast<int>(left), row = static_cast<int>(top);
  const float upper = at(row, col) * (1 - fx) + at(row, col + 1) * fx;
  const float lower = at(row + 1, col) * (1 - fx) + at(row + 1, col + 1) * fx;
  return upper * (1 - fy) + lower * fy;
}

Image blank(int width, int height) {
  Image image;
  image.width = width;
  image.height = height;
  image.rgb.resize(std::size_t{3} * static_cast<std::size_t>(width) * height);
  return image;
}

/// ITU-R BT.601, of encoded values.
float luma(const std::uint8_t* rgb) {
  return 0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2];
}

std::uint8_t rounded(float value) {
  return static_cast<std::uint8_t>(std::clamp(value + 0.5f, 0.f, 255.f));
}

/// Red, green, blue and cover of a painted map at one place, 0 … 1.
std::array<float, 4> paint_at(const PatchMap& map, double x, double y, bool smooth) {
  std::array<float, 4> paint{};
  for (int plane = 0; plane < 4; ++plane)
    paint[static_cast<std::size_t>(plane)] = std::clamp(sample_paint(map, plane, x, y, smooth), 0.f, 1.f);
  return paint;
}

/// `under` is what the paint lies on, of each channel 0 … 255.
void mix_paint(const std::array<float, 4>& paint, float opacity, float under, std::uint8_t* to) {
  const float weight = opacity * paint[3];
  for (std::size_t c = 0; c < 3; ++c) to[c] = rounded(under * (1 - weight) + 255 * paint[c] * weight);
}

}  // namespace

std::span<const Choice<Colormap>> choices(Colormap) {
  return kColormaps;
}

std::span<const Choice<Picture>> choices(Picture) {
  return kPictures;
}

std::span<const Choice<RangeRule>> choices(RangeRule) {
  return kRangeRules;
}

const ColorTable& color_table(Colormap map) {
  static const std::array tables = {parsed(kViridis), parsed(kMagma), parsed(kInferno),
                                    parsed(kTurbo),   greys(),        blue_to_red()};
  return tables[static_cast<std::size_t>(map)];
}

Range range_of(std::span<const float> values) {
  if (values.empty()) return {};
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  if (*low < *high) return {*low, *high};
  if (*low == 0.f) return {0.f, 1.f};  // nothing anywhere
  // All equal, as a uniform map is: the value stands in the middle of the scale, neither lowest nor highest.
  const float margin = std::abs(*low) / 2;
  return {*low - margin, *low + margin};
}

Range shared_range(std::span<const float> values) {
  Range range = range_of(values);
  std::vector<float> sorted;
  std::copy_if(values.begin(), values.end(), std::back_inserter(sorted), [](float v) { return !std::isnan(v); });
  if (sorted.empty() || std::find(sorted.begin(), sorted.end(), range.high) == sorted.end()) return range;  // all equal
  const auto rank = static_cast<std::ptrdiff_t>(std::ceil(0.995 * static_cast<double>(sorted.size()))) - 1;
  std::nth_element(sorted.begin(), sorted.begin() + rank, sorted.end());
  const float usual = sorted[static_cast<std::size_t>(rank)];
  if (usual > range.low) range.high = std::min(range.high, usual);
  return range;
}

float sample(const PatchMap& map, double x, double y, bool smooth) {
  assert(map.rows > 0 && map.cols > 0);
  return sample_grid(map.values.data(), map.rows, map.cols, x, y, smooth);
}

float sample_paint(const PatchMap& map, int plane, double x, double y, bool smooth) {
  const std::ptrdiff_t patches = static_cast<std::ptrdiff_t>(map.rows) * map.cols;
  return sample_grid(map.paint.data() + plane * patches, map.rows, map.cols, x, y, smooth);
}

float position_in(float value, const Range& range) {
  if (!(value > range.low)) return 0.f;
  if (value >= range.high) return 1.f;
  return (value - range.low) / (range.high - range.low);
}

std::array<std::uint8_t, 3> color_of(float value, const Range& range, const ColorTable& table) {
  return table[static_cast<std::size_t>(position_in(value, range) * 255.f + 0.5f)];
}

float overlay_weight(float opacity, float value, float clear, const Range& range) {
  if (!(value > clear)) return 0.f;
  if (value >= range.high) return opacity;
  return opacity * std::sqrt((value - clear) / (range.high - clear));
}

float overlay_weight_about_zero(float opacity, float value, const Range& range) {
  return opacity * std::min(1.f, std::abs(value) / range.high);
}

Image render(const PatchMap& map, const Look& look, const Range& range, int width, int height,
             const std::stop_token& stop) {
  const ColorTable& table = color_table(map.about_zero ? Colormap::blue_red : look.colormap);
  Image image = blank(width, height);
  std::uint8_t* to = image.rgb.data();
  for (int y = 0; y < height; ++y) {
    if (stop.stop_requested()) throw Cancelled();
    const double map_y = (y + 0.5) / height * map.rows;
    for (int x = 0; x < width; ++x, to += 3) {
      const double map_x = (x + 0.5) / width * map.cols;
      if (!map.paint.empty()) {
        mix_paint(paint_at(map, map_x, map_y, look.smooth), 1, 0, to);
        continue;
      }
      const auto color = color_of(sample(map, map_x, map_y, look.smooth), range, table);
      std::copy(color.begin(), color.end(), to);
    }
  }
  return image;
}

Image render_overlay(const PatchMap& map, const Look& look, const Range& range, const Image& photo, const Box& box,
                     int width, int height, const std::stop_token& stop) {
  const ColorTable& table = color_table(map.about_zero ? Colormap::blue_red : look.colormap);
  Image image = resize(photo, width, height, Interpolation::bilinear);
  const float clear = clear_up_to(map.even, range);
  std::uint8_t* to = image.rgb.data();
  for (int y = 0; y < height; ++y) {
    if (stop.stop_requested()) throw Cancelled();
    const double map_y = ((y + 0.5) / height * photo.height - box.y) / box.height * map.rows;
    for (int x = 0; x < width; ++x, to += 3) {
      const double map_x = ((x + 0.5) / width * photo.width - box.x) / box.width * map.cols;
      if (map_x < 0 || map_y < 0 || map_x >= map.cols || map_y >= map.rows) {
        std::fill(to, to + 3, rounded(luma(to) * kOutsideBrightness));
        continue;
      }
      if (!map.paint.empty()) {
        mix_paint(paint_at(map, map_x, map_y, look.smooth), look.opacity, luma(to) * kUnderBrightness, to);
        continue;
      }
      const float value = sample(map, map_x, map_y, look.smooth);
      const auto color = color_of(value, range, table);
      const float weight = map.about_zero ? overlay_weight_about_zero(look.opacity, value, range)
                                          : overlay_weight(look.opacity, value, clear, range);
      const float grey = luma(to) * kUnderBrightness;
      for (int c = 0; c < 3; ++c) to[c] = rounded(grey * (1 - weight) + color[c] * weight);
    }
  }
  return image;
}

}  // namespace vit
