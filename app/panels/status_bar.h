// The status bar: what the last pass took, and what is going on.
#pragma once

#include <imgui.h>

namespace headlight {

struct Workspace;

void draw_status_bar(Workspace& work, ImVec2 from, ImVec2 size);

}  // namespace headlight
