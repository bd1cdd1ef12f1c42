// The status bar: what the last pass took, and what is going on.
#pragma once

#include <imgui.h>

namespace headlight {

struct Bench;

void draw_status_bar(Bench& bench, ImVec2 from, ImVec2 size);

}  // namespace headlight
