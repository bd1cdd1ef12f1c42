// The walk through a pass: a card under the page that explains one step of the network after the other, on the photo
// that is open, and lights what it is about.
#pragma once

#include <imgui.h>

namespace headlight {

struct Bench;

void begin_tour(Bench& bench);
/// Puts back what the view and the settings were when it began.
void end_tour(Bench& bench);
void next_step(Bench& bench);  // behind the last one it ends
void step_back(Bench& bench);

/// Once a frame, before anything is drawn: what the step is about gets a frame.
void light_tour(Bench& bench);
/// 0 while it is not on.
float tour_height(const Bench& bench, float width);
void draw_tour(Bench& bench, ImVec2 from, float width);

}  // namespace headlight
