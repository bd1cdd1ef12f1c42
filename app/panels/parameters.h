// The controls of an analysis's parameters, made from its table. Their ids are "ANALYSIS.PARAMETER".
#pragma once

#include <imgui.h>

#include <optional>

#include "engine/maps/analysis.h"

namespace headlight {

struct Bench;

inline constexpr float kParameterWidth = 138;  // points

/// Asks every analysis that is about a class about this one, and shows one of them.
void choose_class(Bench& bench, int index);
/// The class that the page in front is about: -1 the most probable one. Nothing: it is about none.
std::optional<int> chosen_class(const Bench& bench);

/// At the cursor; `width` in px.
void draw_parameter(Bench& bench, const vit::Analysis& analysis, const vit::Parameter& parameter, float width);

}  // namespace headlight
