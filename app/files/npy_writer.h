// Arrays as NumPy's .npy files.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace headlight {

/// The bytes of a version 1.0 file of little-endian F32 in row-major order. `values` has as many elements as `shape`.
std::string encode_npy(std::span<const float> values, const std::vector<int>& shape);

}  // namespace headlight
