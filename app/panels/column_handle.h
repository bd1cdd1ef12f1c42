// The narrow strip at the window's edge that stands for a side column that is not shown, and brings it back.
#pragma once

#include <imgui.h>

#include "app/panels/side_columns.h"

namespace headlight {

struct Bench;

inline constexpr float kColumnHandle = 18;  // points

void draw_column_handle(Bench& bench, SideColumns::Side side, ImVec2 from, ImVec2 size);

}  // namespace headlight
