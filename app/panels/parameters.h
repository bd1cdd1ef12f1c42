// The controls of an analysis's parameters, made from its table. Their ids are "ANALYSIS.PARAMETER".
#pragma once

#include <imgui.h>

#include "engine/maps/analysis.h"

namespace headlight {

struct Bench;

float parameter_width(const Bench& bench, const vit::Parameter& parameter);  // px
/// At the cursor.
void draw_parameter(Bench& bench, const vit::Analysis& analysis, const vit::Parameter& parameter, float width);

}  // namespace headlight
