// The axes of the cost curve: head counts and milliseconds, both logarithmic. Needs no screen.
#pragma once

#include <imgui.h>

#include <vector>

namespace headlight {

/// Where a head count and a time lie in an area of px.
struct CurveAxes {
  ImVec2 from, to;  // of the area
  double most_heads = 1;
  double least_ms = 0.1, most_ms = 1;  // of the axis
  ImVec2 at(int heads, double ms) const;
};

/// The ends of an axis that shows all of these times with a little room, and a factor of four at least. Times that are
/// not above zero do not count; without any, 0.1 to 1.
void fit_times(CurveAxes& axes, const std::vector<double>& ms);

/// 1, 2 and 5 times powers of ten between the ends; the powers alone where that would be more than eight.
std::vector<double> time_ticks(double least_ms, double most_ms);

}  // namespace headlight
