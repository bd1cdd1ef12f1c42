// Numbers over the blocks: a dot for each head, a line through their mean.
#pragma once

#include <imgui.h>

#include <functional>
#include <string>
#include <vector>

namespace headlight {

struct Bench;

/// 0, steps of 1, 2 or 5 times a power of ten, up to the end: at most `most` of them, from `low` to `high`.
std::vector<double> linear_ticks(double low, double high, int most);

/// "50 tokens" for "50.0 tokens": a tick's number without zeros that tell nothing.
std::string tick_text(std::string number);

struct DepthDot {
  int block = 0, head = 0;
  float value = 0;  // NaN: there is none
};
struct DepthCurve {
  std::vector<DepthDot> dots;
  std::string title;                         // "spread, tokens": what the upright axis counts
  std::function<std::string(float)> number;  // with its unit
};
/// A click chooses the head whose dot is nearest; a hint tells its number and the mean of its block.
void draw_depth_curve(Bench& bench, const DepthCurve& curve, ImVec2 from, ImVec2 size);

}  // namespace headlight
