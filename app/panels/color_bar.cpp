#include "app/panels/color_bar.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>

#include "app/ui/widgets.h"
#include "app/workspace.h"

namespace headlight {

namespace {

std::string number(float value) {
  char text[32];
  std::snprintf(text, sizeof text, std::abs(value) < 1e-6 ? "%.0f" : std::abs(value) < 0.001 ? "%.1e" : "%.4f", value);
  return text;
}

const char* name_of(vit::RangeRule rule) {
  switch (rule) {
    case vit::RangeRule::shared:
      return "one range for all heads";
    case vit::RangeRule::per_head:
      return "each map has its own range";
    case vit::RangeRule::fixed:
      return "fixed range";
  }
  return "";
}

}  // namespace

std::vector<int> histogram(std::span<const float> values, const vit::Range& range, int bins) {
  std::vector<int> counts(static_cast<std::size_t>(bins), 0);
  for (const float value : values) {
    const float t = (value - range.low) / (range.high - range.low);
    const int bin = std::clamp(static_cast<int>(std::floor(t * static_cast<float>(bins))), 0, bins - 1);
    ++counts[static_cast<std::size_t>(bin)];
  }
  return counts;
}

void draw_color_bar(Workspace& work, ImVec2 from, ImVec2 size) {
  const ui::Ui& ui = work.ui;
  const HeadMaps& maps = work.maps;
  const View& view = work.session.view;
  const int head = std::min(view.head, maps.heads() - 1);
  const vit::Range range = maps.range(head, view);
  const vit::ColorTable& table = vit::color_table(view.colormap);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const auto color_at = [&](float t) {
    const auto& c = table[static_cast<std::size_t>(std::clamp(t, 0.f, 1.f) * 255.f + 0.5f)];
    return IM_COL32(c[0], c[1], c[2], 255);
  };
  const float labels = ui.fonts.size(ui::Type::small) + ui.px(4), bar = ui.px(11);
  const float bars_bottom = std::floor(from.y + size.y - labels - bar - ui.px(1));

  const int bins = std::max(8, static_cast<int>(size.x / ui.px(7)));
  const std::size_t patches = static_cast<std::size_t>(maps.rows()) * maps.cols();
  const std::vector<int> counts = histogram({maps.map(head), patches}, range, bins);
  const double most = std::log1p(*std::max_element(counts.begin(), counts.end()));
  const float step = size.x / static_cast<float>(bins);
  for (int b = 0; b < bins; ++b) {
    const int count = counts[static_cast<std::size_t>(b)];
    if (count == 0) continue;
    const float height = std::max(ui.px(1.5f), (bars_bottom - from.y) * static_cast<float>(std::log1p(count) / most));
    const float x = from.x + step * static_cast<float>(b);
    list.AddRectFilled({x, bars_bottom - height}, {x + step - 1, bars_bottom},
                       color_at((static_cast<float>(b) + 0.5f) / bins));
    list.AddRect({x, bars_bottom - height}, {x + step - 1, bars_bottom}, ui.theme.track);
  }
  const int pieces = 64;
  for (int i = 0; i < pieces; ++i) {
    const float a = static_cast<float>(i) / pieces, b = static_cast<float>(i + 1) / pieces;
    list.AddRectFilledMultiColor({from.x + size.x * a, bars_bottom + 1}, {from.x + size.x * b, bars_bottom + 1 + bar},
                                 color_at(a), color_at(b), color_at(b), color_at(a));
  }
  const float text_y = bars_bottom + bar + ui.px(4);
  const bool more = view.range_rule != vit::RangeRule::per_head && maps.facts(kMaxOfHeads).peak > range.high;
  const std::string high = (more ? "≥ " : "") + number(range.high);
  const float high_width = ui::measure(ui, ui::Type::small, high).x;
  ui::draw_text(ui, ui::Type::small, {from.x, text_y}, ui.theme.soft, number(range.low));
  ui::draw_text(ui, ui::Type::small, {from.x + size.x - high_width, text_y}, ui.theme.soft, high);
  const float rule_width = ui::measure(ui, ui::Type::small, name_of(view.range_rule)).x;
  const float low_width = ui::measure(ui, ui::Type::small, number(range.low)).x;
  if (rule_width + 2 * std::max(low_width, high_width) + ui.px(16) < size.x)
    ui::draw_text(ui, ui::Type::small, {from.x + (size.x - rule_width) / 2, text_y}, ui.theme.faint,
                  name_of(view.range_rule));

  if (const auto& at = work.photo_view.shown_hover; at && at->row < maps.rows() && at->col < maps.cols()) {
    const int from_head = std::min(work.photo_view.hovered_head, maps.heads() - 1);
    const float value = maps.map(from_head)[at->row * maps.cols() + at->col];
    const float t = std::clamp((value - range.low) / (range.high - range.low), 0.f, 1.f);
    const float x = from.x + size.x * t;
    list.AddTriangleFilled({x - ui.px(5), bars_bottom - ui.px(5)}, {x + ui.px(5), bars_bottom - ui.px(5)},
                           {x, bars_bottom + ui.px(2)}, ui.theme.text);
  }
  ImGui::SetCursorScreenPos(from);
  ImGui::InvisibleButton("heads.histogram", size);
  const ui::Control control{.id = "heads.histogram",
                            .label = {},
                            .tooltip =
                                "How many patches of the chosen map have which value (logarithmic height), in "
                                "the colours of the map. The mark is the value under the cursor. A shared range ends "
                                "where 99 % of the values do, at a quarter of the largest or above: what is beyond "
                                "has the last colour."};
  ui::describe(work.ui, control, from, {from.x + size.x, from.y + size.y}, ImGui::IsItemHovered(),
               number(range.low) + " " + number(range.high));
}

}  // namespace headlight
