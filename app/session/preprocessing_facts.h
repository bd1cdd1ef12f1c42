// The facts of a load report with the user's changes to the preprocessing in them: for the window and `headlight info`.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "engine/network/model.h"

namespace headlight {

/// "0.485 0.456 0.406"
std::string triple_text(const std::array<float, 3>& values);

/// The report's facts; those that `wanted` changes are overridden, and say in place of what.
std::vector<vit::Fact> facts_with(const vit::Model& model, const vit::Preprocessing& wanted);

}  // namespace headlight
