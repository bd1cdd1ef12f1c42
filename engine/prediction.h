// What a pass should take with other head counts if nothing but the number of operations mattered: the line that the
// measured dots are compared with.
#pragma once

#include "engine/measurements.h"

namespace vit {

/// ms(h) = Σ operations(h) ÷ the operator's own rate, measured under the settings of `measured` (the trained head
/// count): of one block, or of the whole pass (block -1). Rows without operations, and the time that belongs to no row,
/// stay as measured. 0 if nothing was measured.
double predict_ms(const CostTable& measured, const Measurements& times, const CostTable& wanted, int block = -1);

/// The settings with another head count in one block or in all (block -1).
Settings with_heads(Settings settings, int heads, int block);

}  // namespace vit
