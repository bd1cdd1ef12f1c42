// The two lines above the large picture: what is asked (block, head, query, direction), and how it is drawn (range,
// photo or map, the page's own parameters).
#pragma once

#include <imgui.h>

#include "engine/maps/analysis.h"

namespace headlight {

struct Bench;

float map_strip_height(float px_per_point);
void draw_map_strip(Bench& bench, const vit::Analysis& analysis, int index, ImVec2 from, float width);

/// Another rule; a fixed range starts as the range that map `index` has now.
void choose_range(Bench& bench, int index, vit::RangeRule rule);

/// How the large picture and the tiles are drawn now: tiles show the map alone, and while its key is held, all show the
/// photo.
vit::Look large_look(const Bench& bench);
vit::Look tile_look(const Bench& bench);

}  // namespace headlight
