// What a pass should take with other head counts if nothing but the number of operations mattered: the line that the
// measured dots are compared with.
#pragma once

#include <vector>

#include "engine/measurements.h"

namespace vit {

struct PredictedTime {
  int heads = 0;
  double ms = 0;
};

/// ms(h) = Σ operations(h) ÷ the operator's own rate, measured under the settings of `measured` (the trained ones).
/// Rows without operations, and the time that belongs to no row, stay as measured. 0 if nothing was measured.
double predict_ms(const CostTable& measured, const Measurements& times, const CostTable& wanted);

/// For every divisor of C, in one block or in all (block -1); the other blocks keep the measured settings.
std::vector<PredictedTime> predict_over_heads(const ModelConfig& config, const CostTable& measured,
                                              const Measurements& times, int block);

/// The settings with another head count in one block or in all (block -1).
Settings with_heads(Settings settings, int heads, int block);

}  // namespace vit
