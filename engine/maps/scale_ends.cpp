#include "engine/maps/scale_ends.h"

#include <cmath>

namespace vit {

Beyond beyond(std::span<const float> values, const Range& range) {
  Beyond ends;
  for (const float value : values) {
    ends.low = ends.low || value < range.low;
    ends.high = ends.high || value > range.high;
  }
  return ends;
}

std::string low_end(const std::string& number, const Beyond& beyond) {
  return (beyond.low ? "≤ " : "") + number;
}

std::string high_end(const std::string& number, const Beyond& beyond) {
  return (beyond.high ? "≥ " : "") + number;
}

bool is_next_to_nothing(float value, float largest) {
  constexpr float kSteps = 255;  // of a colour table
  return value != 0 && std::abs(value) * kSteps < largest;
}

}  // namespace vit
