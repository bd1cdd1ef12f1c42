// The badge beside the tabs: what is not as trained, and what that did; with the button that takes it back.
#pragma once

#include <imgui.h>

namespace headlight {

struct Bench;

/// At the right end of a line `width` px wide, from `x` on. Only while bench.drift is there.
void draw_badge(Bench& bench, ImVec2 from, float width, float x);

}  // namespace headlight
