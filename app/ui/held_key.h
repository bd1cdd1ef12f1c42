// Keys that act for as long as they are down.
#pragma once

#include <cstdint>

namespace headlight::ui {

enum class HeldKey : std::uint8_t { space, tab };

/// It is down in the window that is drawn. Asked of GLFW: how keys are named changed between versions of Dear ImGui.
/// Main thread only; without a window no key is.
bool is_down(HeldKey key);

}  // namespace headlight::ui
