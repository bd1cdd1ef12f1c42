// The colour bar that is also the histogram of the chosen map.
#pragma once

#include <imgui.h>

#include <span>
#include <vector>

#include "engine/maps/heatmap.h"

namespace headlight {

struct Bench;

/// Counts of values in equal bins over a range; values outside it fall into the end bins. Of more than 131,072 values
/// every n-th is counted: the shape of a matrix of millions stays, at no cost to the frame.
std::vector<int> histogram(std::span<const float> values, const vit::Range& range, int bins);

/// Draws the bar of map `index` of the shown set with the range's ends, the counts above it, and a mark at the value
/// under the cursor.
void draw_color_bar(Bench& bench, int index, ImVec2 from, ImVec2 size);

}  // namespace headlight
