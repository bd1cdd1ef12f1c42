// The controls of an analysis's parameters, made from its table. Their ids are "ANALYSIS.PARAMETER".
#pragma once

#include <imgui.h>

#include "engine/maps/analysis.h"

namespace headlight {

struct Bench;

inline constexpr float kParameterWidth = 138;  // points

/// At the cursor; `width` in px.
void draw_parameter(Bench& bench, const vit::Analysis& analysis, const vit::Parameter& parameter, float width);

}  // namespace headlight
