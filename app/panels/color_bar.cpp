#include "app/panels/color_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <string_view>

#include "app/panels/bench.h"
#include "app/panels/map_strip.h"
#include "app/ui/widgets.h"
#include "engine/maps/scale_ends.h"

namespace headlight {

namespace {

/// Where a set has no blocks, or a single map of each, the rule of blocks is another one's twin.
const char* in_words(vit::RangeRule rule, const vit::MapSet& set, int index) {
  const int block = set.labels[static_cast<std::size_t>(index)].block;
  const auto of_block =
      std::count_if(set.labels.begin(), set.labels.end(), [&](const auto& label) { return label.block == block; });
  switch (rule) {
    case vit::RangeRule::shared:
      if (block < 0) return "one range for all maps";
      return of_block > 1 ? "one range for the block" : "each map has its own range";
    case vit::RangeRule::all:
      return "one range for all maps";
    case vit::RangeRule::per_head:
      return "each map has its own range";
    case vit::RangeRule::fixed:
      return "fixed range";
  }
  return "";
}

constexpr float kBar = 11;                      // points
constexpr std::size_t kMostCounted = 1u << 17;  // values of a histogram: half a millisecond

ImU32 color_at(const vit::ColorTable& table, float t) {
  const auto& c = table[static_cast<std::size_t>(std::clamp(t, 0.f, 1.f) * 255.f + 0.5f)];
  return IM_COL32(c[0], c[1], c[2], 255);
}

float color_scale_height(const ui::Ui& ui) {
  return ui.fonts.size(ui::Type::small) + ui.px(4 + kBar);
}

/// The colours with the range's ends as words below them; `remark` stands between where there is room.
void draw_color_scale(const ui::Ui& ui, vit::Colormap colormap, const std::string& low, const std::string& high,
                      const char* remark, ImVec2 from, float width) {
  const vit::ColorTable& table = vit::color_table(colormap);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const int pieces = 64;
  for (int i = 0; i < pieces; ++i) {
    const float a = static_cast<float>(i) / pieces, b = static_cast<float>(i + 1) / pieces;
    const ImU32 left = color_at(table, a), right = color_at(table, b);
    list.AddRectFilledMultiColor({from.x + width * a, from.y}, {from.x + width * b, from.y + ui.px(kBar)}, left, right,
                                 right, left);
  }
  const float text_y = from.y + ui.px(kBar + 3);
  const float low_width = ui::measure(ui, ui::Type::small, low).x;
  const float high_width = ui::measure(ui, ui::Type::small, high).x;
  const float remark_width = ui::measure(ui, ui::Type::small, remark).x;
  if (low_width + high_width + ui.px(10) < width)  // else the upper end alone
    ui::draw_text(ui, ui::Type::small, {from.x, text_y}, ui.theme.soft, low);
  if (high_width <= width)
    ui::draw_text(ui, ui::Type::small, {from.x + width - high_width, text_y}, ui.theme.soft, high);
  if (remark_width + 2 * std::max(low_width, high_width) + ui.px(16) < width)
    ui::draw_text(ui, ui::Type::small, {from.x + (width - remark_width) / 2, text_y}, ui.theme.soft, remark);
}

/// A bare number that is next to nothing says so, as those with a unit do.
std::string low_number(const vit::MapSet& set, const vit::Range& range) {
  const bool bare = set.even <= 0 && set.unit != std::string_view("%");
  return bare && vit::is_next_to_nothing(range.low, range.high) ? "≈ 0" : vit::even_text(set, range.low);
}

/// The bar is the handle of the range's nearer end: a drag fixes the range and moves that end, on a logarithmic scale.
/// Over the whole bar, the upper end goes by a factor of 20.
void drag_range(Bench& bench, int index, ImVec2 from, ImVec2 size) {
  constexpr float kReach = 3;          // powers of e along the bar
  constexpr float kSmallest = 0.001f;  // of the upper end: where a lower end of 0 starts
  ImGui::SetCursorScreenPos(from);
  ImGui::InvisibleButton("heads.histogram", size);
  if (ImGui::IsItemHovered() || ImGui::IsItemActive()) ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeEW);
  const float moved = ImGui::GetIO().MouseDelta.x;
  if (!ImGui::IsItemActive() || moved == 0) return;
  choose_range(bench, index, vit::RangeRule::fixed);
  vit::Range& range = bench.session.view.look.fixed_range;
  const float factor = std::exp(kReach * moved / size.x), span = range.high - range.low;
  const bool about_zero = bench.maps.set().scale == vit::Scale::about_zero;
  if (about_zero) {  // both ends at once
    const bool right = ImGui::GetIO().MouseClickedPos[0].x > from.x + size.x / 2;
    range = {0, std::clamp(range.high * (right ? factor : 1 / factor), 1e-12f, 1e9f)};
  } else if (ImGui::GetIO().MouseClickedPos[0].x > from.x + size.x / 2)
    range.high = range.low + std::clamp(span * factor, 1e-12f, 1e9f);
  else
    range.low = std::clamp(std::max(range.low, kSmallest * range.high) * factor, 0.f, 0.99f * range.high);
}

/// A line where patches begin to stand out, if the range has that value.
void draw_limit(const ui::Ui& ui, const vit::MapLabel& label, const vit::Range& range, ImVec2 from, ImVec2 to) {
  if (!label.limit || *label.limit < range.low || *label.limit > range.high) return;
  const float x = from.x + (to.x - from.x) * (*label.limit - range.low) / (range.high - range.low);
  ImGui::GetWindowDrawList()->AddLine({x, from.y}, {x, to.y}, ui.theme.mark, ui.px(1.5f));
}

}  // namespace

std::vector<int> histogram(std::span<const float> values, const vit::Range& range, int bins) {
  std::vector<int> counts(static_cast<std::size_t>(bins), 0);
  // Primes, so that all columns of a matrix have their share.
  std::size_t step = 1;
  for (const std::size_t prime : {1, 3, 7, 13, 29, 61, 127, 257, 509}) {
    step = prime;
    if (values.size() / step <= kMostCounted) break;
  }
  for (std::size_t i = 0; i < values.size(); i += step) {
    const float t = (values[i] - range.low) / (range.high - range.low);
    const int bin = std::clamp(static_cast<int>(std::floor(t * static_cast<float>(bins))), 0, bins - 1);
    ++counts[static_cast<std::size_t>(bin)];
  }
  return counts;
}

void draw_color_bar(Bench& bench, int index, ImVec2 from, ImVec2 size) {
  if (size.x <= 0) return;
  const ui::Ui& ui = bench.ui;
  const vit::MapSet& set = bench.maps.set();
  const vit::Look& look = bench.session.view.look;
  const bool painted = set.scale == vit::Scale::rgb;
  const vit::Range range = painted ? set.own[static_cast<std::size_t>(index)] : set.range(index, look);
  const vit::Colormap colormap = painted ? vit::Colormap::grey : set.colormap(look);
  const vit::ColorTable& table = vit::color_table(colormap);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float bars_bottom = std::floor(from.y + size.y - color_scale_height(ui) - ui.px(1));

  const int bins = std::max(8, static_cast<int>(size.x / ui.px(7)));
  const std::vector<int>& counts = bench.maps.counts(index, range, bins);
  const double most = std::log1p(*std::max_element(counts.begin(), counts.end()));
  const float step = size.x / static_cast<float>(bins);
  for (int b = 0; b < bins; ++b) {
    const int count = counts[static_cast<std::size_t>(b)];
    if (count == 0) continue;
    const float height = std::max(ui.px(1.5f), (bars_bottom - from.y) * static_cast<float>(std::log1p(count) / most));
    const float x = from.x + step * static_cast<float>(b);
    list.AddRectFilled({x, bars_bottom - height}, {x + step - 1, bars_bottom},
                       color_at(table, (static_cast<float>(b) + 0.5f) / static_cast<float>(bins)));
    list.AddRect({x, bars_bottom - height}, {x + step - 1, bars_bottom}, ui.theme.track);
  }
  const vit::Beyond beyond = painted ? vit::Beyond{} : bench.maps.beyond(index, range);
  const bool ranged = !painted && !set.is_mask;
  draw_color_scale(ui, colormap, set.is_mask ? "no" : vit::low_end(low_number(set, range), beyond),
                   set.is_mask ? "yes" : vit::high_end(vit::even_text(set, range.high), beyond),
                   ranged ? in_words(look.range_rule, set, index) : "", {from.x, bars_bottom + 1}, size.x);
  draw_limit(ui, bench.maps.label(index), range, {from.x, from.y}, {from.x + size.x, bars_bottom});

  if (const auto& at = bench.hover.shown;
      at && at->row < set.rows && at->col < set.cols && bench.hover.map < set.count()) {
    const float value = set.value(bench.hover.map, at->row, at->col);
    const float t = std::clamp((value - range.low) / (range.high - range.low), 0.f, 1.f);
    const float x = from.x + size.x * t;
    list.AddTriangleFilled({x - ui.px(5), bars_bottom - ui.px(5)}, {x + ui.px(5), bars_bottom - ui.px(5)},
                           {x, bars_bottom + ui.px(2)}, ui.theme.text);
  }
  if (painted) {
    ImGui::SetCursorScreenPos(from);
    ImGui::InvisibleButton("heads.histogram", size);
  } else {
    drag_range(bench, index, from, size);
  }
  const ui::Control control{
      .id = "heads.histogram",
      .label = {},
      .tooltip = std::string("How many patches of the chosen map have which value (logarithmic height), in "
                             "the colours of the map") +
                 (set.even > 0 ? ", as multiples of the even share: what each token would get if all "
                                 "got the same"
                               : "") +
                 (set.map(index).size() > kMostCounted ? "; of so many values a sample is counted" : "") +
                 ". The mark is the value under the cursor" +
                 (bench.maps.label(index).limit ? ", the line the limit beyond which patches stand out." : ".") +
                 (painted ? ""
                          : " A shared range ends where 99.5 % of the values do: what is beyond has the last "
                            "colour. Drag an end to fix the range.")};
  ui::describe(bench.ui, control, from, {from.x + size.x, from.y + size.y}, ImGui::IsItemHovered(),
               fmt::format("{:.6g} {:.6g}", range.low, range.high));
}

}  // namespace headlight
