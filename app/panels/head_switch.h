// The button in a tile's corner that switches its head off and on.
#pragma once

#include <imgui.h>

#include "engine/maps/map_set.h"

namespace headlight {

struct Bench;

/// On the tile of one head, where the cursor is over the tile or the head is off; no other tile has it. True while the
/// cursor is over the button: then a click is not one on the tile.
bool draw_head_switch(Bench& bench, const vit::MapLabel& label, ImVec2 at, ImVec2 to, bool over_tile);

}  // namespace headlight
