// The lines above the large picture: what is asked (page, block, head, query, direction), and how it is drawn (photo or
// map, range, the page's own parameters). A narrow page has a third one.
#pragma once

#include <imgui.h>

#include "engine/maps/analysis.h"

namespace headlight {

struct Bench;

/// In px, of so many lines of controls.
float map_strip_height(int lines, float px_per_point);
/// How many lines the controls take at this width.
int map_strip_lines(Bench& bench, const vit::Analysis& analysis, int index, float width);
void draw_map_strip(Bench& bench, const vit::Analysis& analysis, int index, ImVec2 from, float width);
/// What can be chosen while there is no map to draw: the page, and what is asked where the pass can be asked it.
/// Returns its height with the gap below, px; there must be a pass.
float draw_strip_without_maps(Bench& bench, const vit::Analysis& analysis, ImVec2 from, float width);

/// Another rule; a fixed range starts as the range that map `index` has now.
void choose_range(Bench& bench, int index, vit::RangeRule rule);

/// How the large picture and the tiles are drawn now: tiles show the map alone, and while its key is held, all show the
/// photo.
vit::Look large_look(const Bench& bench);
vit::Look tile_look(const Bench& bench);

}  // namespace headlight
