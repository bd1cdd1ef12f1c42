// The colour bar that is also the histogram of the chosen map.
#pragma once

#include <imgui.h>

#include <span>
#include <vector>

#include "app/ui/ui.h"
#include "engine/maps/heatmap.h"

namespace headlight {

struct Bench;

/// Counts of values in equal bins over a range; values outside it fall into the end bins.
std::vector<int> histogram(std::span<const float> values, const vit::Range& range, int bins);

/// A bar of the colours with the range's ends below it. `more`: there are values above the range. `remark`
/// stands between the ends where there is room.
void draw_color_scale(const ui::Ui& ui, vit::Colormap colormap, const vit::Range& range, bool more, const char* remark,
                      ImVec2 from, float width);
float color_scale_height(const ui::Ui& ui);

/// Draws the bar of map `index` of the shown set with the range's ends, the counts above it, and a mark at the value
/// under the cursor.
void draw_color_bar(Bench& bench, int index, ImVec2 from, ImVec2 size);

}  // namespace headlight
