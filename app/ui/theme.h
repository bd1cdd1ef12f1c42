// Colours and measures of the window: a calm dark theme, a light one, one accent.
#pragma once

#include <imgui.h>

namespace headlight::ui {

/// What is written in text, soft, faint or accent has a contrast of at least 5.5 : 1 with the grounds that it stands
/// on.
struct Theme {
  bool dark = true;
  ImU32 window = 0, panel = 0, raised = 0, hovered = 0, pressed = 0, line = 0;
  ImU32 text = 0, soft = 0, faint = 0;               // text from important to quiet
  ImU32 accent = 0;                                  // amber, for words and numbers
  ImU32 mark = 0, accent_text = 0, accent_soft = 0;  // amber for lines and fills; text on it; its tint behind text
  ImU32 track = 0, good = 0, bad = 0, bar = 0, bar_soft = 0;
};

Theme dark_theme();
Theme light_theme();

/// Sets Dear ImGui's style to match, `scale` being px a point of design.
void apply(const Theme& theme, float scale);

}  // namespace headlight::ui
