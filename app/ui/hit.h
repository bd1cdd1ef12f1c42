// The rectangle of a control that hears the mouse.
#pragma once

#include <imgui.h>

#include "app/ui/widgets.h"

namespace headlight::ui {

struct Hit {
  bool pressed = false, held = false, hovered = false;
};

/// At the cursor. A disabled control is hovered, but neither pressed nor held.
inline Hit hit_box(const Control& control, ImVec2 size) {
  Hit hit;
  hit.pressed = ImGui::InvisibleButton(control.id.c_str(), size) && control.enabled;
  hit.held = ImGui::IsItemActive() && control.enabled;
  hit.hovered = ImGui::IsItemHovered();
  return hit;
}

}  // namespace headlight::ui
