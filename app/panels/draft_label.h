// The word that stands on maps that are a draft's.
#pragma once

#include <imgui.h>

namespace headlight {

struct Bench;

/// Draws nothing unless the shown maps are a draft's. `corner`: the upper left one of what it stands on.
void draw_draft_label(Bench& bench, ImVec2 corner);

}  // namespace headlight
