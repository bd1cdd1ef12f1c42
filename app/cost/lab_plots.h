// The cost lab's measurements and the roofline as plots.
#pragma once

#include <vector>

#include "app/cost/log_plot.h"
#include "engine/lab/lab.h"
#include "engine/lab/roofline.h"

namespace headlight {

/// A line for each operator over the values of the axis: measured medians with whiskers from the quickest to the
/// slowest pass on the predicted line. Before there is a measurement, the operations.
LogPlot sweep_plot(const vit::LabSweep& sweep);

/// Every operator a point under the machine's ceilings.
LogPlot roofline_plot(const std::vector<vit::RooflinePoint>& points, const vit::Ceilings& ceilings);

/// "heads¹·⁰² ± 0.03", or "–" where nothing is known.
std::string exponent_text(const vit::PowerFit& fit, bool with_spread);

}  // namespace headlight
