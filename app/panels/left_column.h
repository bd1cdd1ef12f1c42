// The left column: model, image, attention, run and view controls.
#pragma once

#include <imgui.h>

namespace headlight {

struct Bench;

void draw_left_column(Bench& bench, ImVec2 from, ImVec2 size);

// Its sections, each in a file of its own.
void draw_model_section(Bench& bench);
void draw_image_section(Bench& bench);
void draw_attention_section(Bench& bench);
void draw_view_section(Bench& bench);

}  // namespace headlight
