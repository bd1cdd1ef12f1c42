// What two passes cost, operator beside operator: side A and side B of a comparison.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/cost/cost_view.h"

namespace headlight {

/// A row that a side does not have costs it nothing.
struct SideCost {
  CostLine::Kind kind = CostLine::Kind::row;
  std::string id, name;
  double operations_a = 0,
         operations_b = 0;           // by the views' convention; with multiply-adds those and element operations
  std::optional<double> ms_a, ms_b;  // medians; none: not measured, or done in another row

  std::optional<double> operations_ratio() const;  // B's over A's; none where A has none
  std::optional<double> time_ratio() const;
};

/// The rows of both in the order of side A's pass, then those that side B alone has, then the sums. Waiting is none of
/// them.
std::vector<SideCost> side_costs(const CostView& a, const CostView& b);

}  // namespace headlight
