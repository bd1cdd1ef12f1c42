// The left column: model, image, attention, run and view controls.
#pragma once

#include <imgui.h>

namespace headlight {

struct Bench;

class LeftColumn {
 public:
  void draw(Bench& bench, ImVec2 from, ImVec2 size);

 private:
  bool scrolls_ = false;  // it is longer than the window
};

// Its sections, each in a file of its own.
void draw_model_section(Bench& bench);
void draw_image_section(Bench& bench);
void draw_attention_section(Bench& bench);
void draw_view_section(Bench& bench);

}  // namespace headlight
