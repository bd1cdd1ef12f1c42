// The left column: model, image, attention, run and view controls.
#pragma once

#include <imgui.h>

namespace headlight {

struct Workspace;

void draw_left_column(Workspace& work, ImVec2 from, ImVec2 size);

// Its sections, each in a file of its own.
void draw_model_section(Workspace& work);
void draw_image_section(Workspace& work);
void draw_attention_section(Workspace& work);
void draw_view_section(Workspace& work);

}  // namespace headlight
