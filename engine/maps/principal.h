// Principal components of tokens: the directions in which they differ most, with signs that never depend on rounding.
#pragma once

#include <functional>
#include <vector>

#include "engine/base/matrix.h"

namespace vit {

struct Components {
  std::vector<std::vector<float>> scores;  // (3 or fewer, rows) each row's place along a component, about a mean of 0
  std::vector<double> shares;              // likewise: of the variance of all rows
};

/// The first three of (rows, cols): fewer where there are not so many. The sign of each makes the sum of the cubes of
/// its scores positive. `step` is called between parts of the work with the fraction done, and may throw.
Components principal_components(MatrixView rows, const std::function<void(double)>& step);

}  // namespace vit
