// A plot with two logarithmic axes in the window, with hover values.
#pragma once

#include <imgui.h>

#include <string>

#include "app/cost/log_plot.h"

namespace headlight {

struct Bench;

/// Draws it into the area; over a point its words are shown. `id` names it in the UI map. Returns the series under the
/// cursor, or -1.
int draw_log_plot(Bench& bench, const LogPlot& plot, const std::string& id, ImVec2 from, ImVec2 size);

}  // namespace headlight
