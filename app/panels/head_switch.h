// The button in a tile's corner that switches its head off and on, and the list that scales a head.
#pragma once

#include <imgui.h>

#include "engine/maps/map_set.h"

namespace headlight {

struct Bench;

/// On the tile of one head, where the cursor is over the tile or the head is off; no other tile has it. A scaled head
/// shows its factor. True while the cursor is over the button: then a click is not one on the tile. A right click on
/// the tile asks for the head's factor.
bool draw_head_switch(Bench& bench, const vit::MapLabel& label, ImVec2 at, ImVec2 to, bool over_tile);

/// Opens the list with the factor of a head there (px) in this frame.
void ask_head_factor(Bench& bench, int block, int head, ImVec2 at);

/// That list, while it is open. Once a frame, in no other window's.
void draw_head_factor(Bench& bench);

}  // namespace headlight
