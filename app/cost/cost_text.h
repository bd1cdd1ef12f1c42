// The cost table as text for a terminal.
#pragma once

#include <string>
#include <vector>

#include "app/cost/cost_files.h"
#include "app/cost/cost_view.h"

namespace headlight {

/// Rows, totals and what fused rows say in place of their time, in columns.
std::string cost_text(const CostView& view);

/// Head count, prediction, measurement and their difference.
std::string sweep_text(const std::vector<SweepPoint>& sweep, int trained_heads);

}  // namespace headlight
