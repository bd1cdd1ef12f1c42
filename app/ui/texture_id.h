// An OpenGL texture as Dear ImGui takes it.
#pragma once

#include <imgui.h>

#include <cstdint>

namespace headlight::ui {

inline ImTextureID texture_id(unsigned name) {
  return (ImTextureID)(std::intptr_t)name;  // a pointer or an integer, as the version of Dear ImGui has it
}

}  // namespace headlight::ui
