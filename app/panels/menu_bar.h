// The menu bar, made from the command table.
#pragma once

#include <imgui.h>

#include <array>
#include <string>

namespace headlight {

struct Bench;

/// From left to right; Sequence only while one is open.
inline constexpr std::array<const char*, 8> kMenus = {"File",     "Edit",     "View",   "Pages",
                                                      "Analysis", "Sequence", "Export", "Help"};

/// What clicks on the titles did.
struct MenuClicks {
  std::string opened;  // the menu that was opened by a click on it rather than by moving along the bar
  std::string due;     // the menu to open in the next frame: Dear ImGui closes all at a click outside them
};

/// `words` stand at its right end; none: the most used keys.
void draw_menu_bar(Bench& bench, MenuClicks& clicks, const std::string& words, ImVec2 from, ImVec2 size);

}  // namespace headlight
