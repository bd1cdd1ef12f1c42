// The controls of an analysis's parameters, made from its table.
#pragma once

#include <imgui.h>

#include "engine/maps/analysis.h"

namespace headlight {

struct Bench;

/// px of the row that they take; 0 where there are none.
float parameters_height(const Bench& bench, const vit::Analysis& analysis);
/// Side by side; each control's id is "ANALYSIS.PARAMETER". Changes the view.
void draw_parameters(Bench& bench, const vit::Analysis& analysis, ImVec2 from, float width);

}  // namespace headlight
