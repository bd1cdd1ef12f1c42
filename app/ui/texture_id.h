// An OpenGL texture as Dear ImGui takes it.
#pragma once

#include <imgui.h>

#include <cstdint>

namespace headlight::ui {

inline ImTextureID texture_id(unsigned name) {
  // A pointer or an integer, as the version of Dear ImGui has it; nobody looks at what it points to.
  return (ImTextureID)(std::intptr_t)name;  // NOLINT(performance-no-int-to-ptr)
}

}  // namespace headlight::ui
