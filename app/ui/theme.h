// Colours and measures of the window: a calm dark theme, a light one, one accent.
#pragma once

#include <imgui.h>

namespace headlight::ui {

struct Theme {
  bool dark = true;
  ImU32 window = 0, panel = 0, raised = 0, hovered = 0, pressed = 0, line = 0;
  ImU32 text = 0, soft = 0, faint = 0;                 // text from important to quiet
  ImU32 accent = 0, accent_text = 0, accent_soft = 0;  // amber; text on it; its tint behind text
  ImU32 track = 0, good = 0, bad = 0, bar = 0, bar_soft = 0;
};

Theme dark_theme();
Theme light_theme();

/// Sets Dear ImGui's style to match, `scale` being px a point of design.
void apply(const Theme& theme, float scale);

}  // namespace headlight::ui
