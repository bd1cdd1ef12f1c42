// The menu bar, made from the command table.
#pragma once

#include <imgui.h>

namespace headlight {

struct Workspace;

void draw_menu_bar(Workspace& work, ImVec2 from, ImVec2 size);

}  // namespace headlight
