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

/// Two lines of controls and the list of the tab's pages, from the left; returns their height, px.
float draw_lab_controls(Bench& bench, const vit::ModuleSpec& spec, ImVec2 from);

/// "Attention module over heads", and what was measured.
std::string lab_title(vit::LabAxis axis);
std::string lab_subtitle(const vit::ModuleSpec& spec, const vit::LabResult* result);

}  // namespace headlight
