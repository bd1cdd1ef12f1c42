// A number of every head as a heat grid, a row for each block, which is also the selector.
#pragma once

#include <imgui.h>

#include <functional>
#include <string>
#include <vector>

#include "engine/maps/heatmap.h"

namespace headlight {

struct Bench;

/// What the cells say: a number for each map of the shown set, NaN where there is none.
struct HeatNumbers {
  std::vector<float> values;
  vit::Range range;                       // of the colours
  std::string title;                      // above the grid: "spread, tokens"
  std::function<std::string(int)> words;  // of a cell, short: "96"
  bool bars = false;  // a cell has a bar whose length is the number's size, in place of a colour alone
};

/// Returns the height used, px. A click on a cell chooses its head; hovering tells its number, and `hovered` its map.
float draw_head_heat(Bench& bench, const HeatNumbers& numbers, ImVec2 from, ImVec2 size, int& hovered);

/// The range of the numbers that there are.
vit::Range range_of_numbers(const std::vector<float>& values);

}  // namespace headlight
