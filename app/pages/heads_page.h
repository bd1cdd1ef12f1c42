// The Heads tab: the photo with the chosen map, colour bar, a plain sentence, and a tile for every head of the block.
#pragma once

#include <imgui.h>

namespace headlight {

struct Bench;

void draw_heads_page(Bench& bench, ImVec2 from, ImVec2 size);

}  // namespace headlight
