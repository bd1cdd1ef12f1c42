// Inside a head: how one share of attention comes about, step by step, with its numbers. It stands in the navigator's
// place.
#pragma once

#include <imgui.h>

namespace headlight {

struct Bench;

/// For the query and the patch under the cursor, else the strongest patch, in map `index` of the shown set.
void draw_inside_panel(Bench& bench, int index, ImVec2 from, ImVec2 size);

}  // namespace headlight
