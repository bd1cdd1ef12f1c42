// The status bar: what the last pass took, and what is going on.
#pragma once

#include <imgui.h>

#include <string>

namespace headlight {

struct Bench;

/// `working`: what is worked out beside the passes, "Working out Effect"; empty: nothing is.
void draw_status_bar(Bench& bench, const std::string& working, ImVec2 from, ImVec2 size);

}  // namespace headlight
