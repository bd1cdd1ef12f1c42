// What the cost lab's module is: chosen on its page, kept in the view, and as the open network has it where nothing was
// chosen.
#pragma once

#include <imgui.h>

#include <string>

#include "engine/lab/lab.h"

namespace headlight {

struct Bench;

/// Valid, whatever the view says.
vit::ModuleSpec lab_spec(const Bench& bench);
vit::LabAxis lab_axis(const Bench& bench);

/// The list of the tab's pages and the controls in two lines, in more where `width` px are not enough; returns their
/// height, px.
float draw_lab_controls(Bench& bench, const vit::ModuleSpec& spec, ImVec2 from, float width);

/// "Attention module over heads", and what was measured.
std::string lab_title(vit::LabAxis axis);
std::string lab_subtitle(const vit::ModuleSpec& spec, const vit::LabResult* result);

}  // namespace headlight
