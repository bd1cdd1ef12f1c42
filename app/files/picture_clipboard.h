// Pictures on the clipboard. GLFW and Dear ImGui hand over text alone; a small program of the desktop does the rest.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headlight {

/// The command that takes a PNG file from its standard input and offers it to other programs: wl-copy in a Wayland
/// session, xclip under X11. None where it is not installed.
std::optional<std::vector<std::string>> picture_clipboard();

/// What to install for it, as a sentence.
std::string picture_clipboard_advice();

/// Throws vit::Error where there is no such command or it fails.
void copy_picture(std::string_view png);

}  // namespace headlight
