// The separable antialiased filter behind resize(): which source pixels make a destination pixel, and how much of each.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/image/preprocessing.h"

namespace vit {

/// Filter weights along one axis, as integers with `kWeightBits` fractional bits. Destination i is made of the source
/// pixels [first[i], first[i] + count[i]), with weights that start at weight[i * most].
struct AxisWeights {
  int most = 0;  // the largest count
  std::vector<int> first, count;
  std::vector<std::int32_t> weight;  // (destinations, most)
};

/// A sum of 8-bit pixels times weights fits 32 bits: 8 for the pixel, 2 for the filter's overshoot.
inline constexpr int kWeightBits = 32 - 8 - 2;

/// PIL's rule: the filter's support grows with the reduction (antialiasing), is cut at the borders, and its weights are
/// normalised to 1 before they are rounded. Not for Interpolation::nearest.
AxisWeights axis_weights(int source, int destination, Interpolation interpolation);

/// The source index of each destination for nearest-neighbour resizing.
std::vector<int> nearest_indices(int source, int destination);

}  // namespace vit
