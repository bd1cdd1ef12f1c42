// From attention values to colours: colour tables, ranges and the sampling rule, once, for the window and for files.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

#include "engine/base/choices.h"
#include "engine/image/image.h"
#include "engine/image/preprocessing.h"

namespace vit {

using ColorTable = std::array<std::array<std::uint8_t, 3>, 256>;

/// blue_red is for differences alone and no one's choice: blue below zero, grey at it, red above.
enum class Colormap : std::uint8_t { viridis, magma, inferno, turbo, grey, blue_red };
std::span<const Choice<Colormap>> choices(Colormap);
const ColorTable& color_table(Colormap map);  // the shader samples the same 256 entries

/// Values at or below `low` take the first colour, at or above `high` the last.
struct Range {
  float low = 0.f, high = 1.f;
  bool operator==(const Range&) const = default;
};
enum class RangeRule : std::uint8_t {
  shared,    // one range for the maps of a block: shared_range
  per_head,  // each map from its own smallest to its own largest value
  all,       // one range for every map that is shown
  fixed,     // as the user says
};
std::span<const Choice<RangeRule>> choices(RangeRule);

/// What a picture of a map is made of.
enum class Picture : std::uint8_t {
  photo,  // as it is
  over,   // the map over the photo, which is grey and darker, see overlay_weight
  map,    // the map alone
};
std::span<const Choice<Picture>> choices(Picture);

/// How values become a picture, the same for everything that is shown or saved.
struct Look {
  Picture picture = Picture::over;
  Colormap colormap = Colormap::inferno;
  RangeRule range_rule = RangeRule::shared;
  Range fixed_range{0.f, 0.1f};  // for RangeRule::fixed
  bool smooth = false;           // interpolate between patch centres
  float opacity = 0.9f;          // of the map over the photo at the upper end of its range, 0 … 1
  bool operator==(const Look&) const = default;
};
/// Smallest to largest value; [0, 1] for no values, widened to both sides where all are equal.
Range range_of(std::span<const float> values);

/// One range for several maps: as range_of, but up to the value that 99.5 % of all are at most. A few patches that draw
/// nearly everything would else leave every other one dark.
Range shared_range(std::span<const float> values);

/// A map on the grid of patches: (rows, cols), row-major.
struct PatchMap {
  int rows = 0, cols = 0;
  std::vector<float> values;
  float even = 0;  // what each token would have if all had the same; 0: values are no shares
  /// (4, rows, cols) or empty: red, green, blue and cover, each drawn from 0 to 1 and cut off outside. A map that has
  /// them has these colours in place of its values'; cover says how much of the patch they take, the rest is black, or
  /// the photo.
  std::vector<float> paint = {};
  bool about_zero = false;  // values are differences: colours of Colormap::blue_red, and clear at zero
};

/// The value at (x, y) in patch units, 0…cols and 0…rows: nearest takes the patch under the point; smooth interpolates
/// bilinearly between patch centres and holds the border value outside them. The shader follows the same rule.
float sample(const PatchMap& map, double x, double y, bool smooth);

/// The same of plane `plane` of a map's paint.
float sample_paint(const PatchMap& map, int plane, double x, double y, bool smooth);

/// Where a value stands in the range: 0 at or below `low`, 1 at or above `high`.
float position_in(float value, const Range& range);

/// The colour of a value: the table entry nearest to (value - low) / (high - low).
std::array<std::uint8_t, 3> color_of(float value, const Range& range, const ColorTable& table);

/// How much of the map's colour covers the photo: nothing up to `clear`, from there on opacity · √t, where t goes from
/// 0 to 1 at the range's upper end. `clear` is the even share for shares of attention, so that what gets less than its
/// share stays plain photo; elsewhere the lower end of the range.
float overlay_weight(float opacity, float value, float clear, const Range& range);
/// Likewise of a difference, by its size: nothing at zero, opacity at both ends.
float overlay_weight_about_zero(float opacity, float value, const Range& range);
inline float clear_up_to(float even, const Range& range) {
  return even > 0 && even > range.low ? even : range.low;
}

/// The map alone on a picture of the given size; the ends of `range` have the first and the last colour. Throws
/// Cancelled after a stop request, as does render_overlay.
Image render(const PatchMap& map, const Look& look, const Range& range, int width, int height,
             const std::stop_token& stop = {});

/// What is left of the photo's brightness under a map, where it is grey, and outside the box. The shader uses the same.
inline constexpr float kUnderBrightness = 0.6f, kOutsideBrightness = 0.35f;

/// The map over the whole photo, which turns grey: inside `box` map and photo are mixed by overlay_weight, outside it
/// the photo is darker. Width and height are those of the result.
Image render_overlay(const PatchMap& map, const Look& look, const Range& range, const Image& photo, const Box& box,
                     int width, int height, const std::stop_token& stop = {});

}  // namespace vit
