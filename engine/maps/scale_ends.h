// What stands at the ends of a colour scale: the same rule for the window and for figures.
#pragma once

#include <span>
#include <string>

#include "engine/maps/heatmap.h"

namespace vit {

/// The ends of a range beyond which some of the values lie that are shown with it. They have the colours of the ends.
struct Beyond {
  bool low = false, high = false;
};
Beyond beyond(std::span<const float> values, const Range& range);

/// The number at an end: "≤ −0.31" and "≥ 1.32" where values lie beyond it.
std::string low_end(const std::string& number, const Beyond& beyond);
std::string high_end(const std::string& number, const Beyond& beyond);

/// Whether a value lies within a step of the colours from zero, of a scale that ends at `largest`: "≈ 0" says as much.
bool is_next_to_nothing(float value, float largest);

}  // namespace vit
