// Bars of what a head puts on each prefix token and on the patches together; a click asks from that token.
#pragma once

#include <imgui.h>

namespace headlight {

struct Bench;

/// px that all bars take at their best; 0 where the network has no prefix tokens.
float prefix_bars_width(const Bench& bench);

/// Of map `index` of the shown set. In less room the bars get narrower, down to a few px, and then only those about the
/// query are shown.
void draw_prefix_bars(Bench& bench, int index, ImVec2 from, ImVec2 size);

}  // namespace headlight
