// A number of every head over the blocks.
#pragma once

#include <span>
#include <string>

#include "engine/maps/map_set.h"

namespace vit {

struct HeadNumber {
  int block = 0, head = 0;
  float value = 0;  // NaN: there is none
};

/// The mean of each block's heads as a line, and a dot for each head, on an axis with zero and round numbers. `title`:
/// of the upright axis.
BlockCurves curves_of_heads(std::span<const HeadNumber> numbers, const std::string& title);

}  // namespace vit
