#include "app/panels/map_frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "app/panels/bench.h"
#include "app/panels/color_bar.h"
#include "app/panels/draft_label.h"
#include "app/panels/inside_panel.h"
#include "app/panels/map_strip.h"
#include "app/panels/prefix_bars.h"
#include "app/ui/widgets.h"
#include "app/words/quantity.h"
#include "engine/base/quantity.h"

namespace headlight {

namespace {

constexpr float kGap = 10, kLeastBar = 78, kMostBar = 120, kLeastWords = 106, kMostWords = 128;  // points
constexpr float kLowColumn = 184, kLeastNavigator = 190;                                         // of a low page
constexpr float kLowPage = 600, kLowNavigator = 0.75f, kLowGain = 1.15f;

/// "Block 5 (last), head 3", "Rollout, to block 5".
std::string title_of(ShownMaps& maps, int index) {
  const vit::MapLabel& label = maps.label(index);
  if (label.parameter != nullptr)
    return fmt::format("{} of block {}: {}", vit::analysis_by_id(maps.set().question.analysis)->name, label.block,
                       label.title);
  if (label.head == vit::kNoHead)
    return std::string(vit::analysis_by_id(maps.set().question.analysis)->name) + ", " + label.title;
  return fmt::format("Block {}, {}", label.block,
                     vit::head_title(label.head, maps.set().trace->settings.heads(std::max(0, label.block))));
}

/// " Forward 40 ms, backward 80 ms." for maps that took both.
std::string times_of(const vit::MapSet& set) {
  if (!set.backward) return "";
  const vit::Timings& forward = set.trace->timings;
  const std::string part = forward.first_block > 0 ? fmt::format(" from block {} on", forward.first_block) : "";
  return fmt::format(" Forward{} {} ms, backward {} ms.", part, ms_text(forward.wall_ms),
                     ms_text(set.backward->timings.wall_ms));
}

/// Picture, colour bar over sentence, and navigator side by side; `size` is that of all of them.
void lay_out_low(FrameLayout& l, ImVec2 from, ImVec2 size, float side, float column, float prefix_px, float gap) {
  const float top = from.y + l.strip_size.y + gap, x = from.x + side + gap;
  const float bar = std::min(size.y * 0.4f, column * 0.5f);
  const float prefix = prefix_px > 0 ? std::min(prefix_px, std::floor(column * 0.6f)) + 2 * gap : 0;
  l.photo_from = {from.x, top};
  l.photo_size = {side, side};
  l.bar_from = {x, top};
  l.bar_size = {column - prefix, bar};
  l.prefix_from = {x + l.bar_size.x + (prefix_px > 0 ? 2 * gap : 0), top};
  l.prefix_size = {std::max(0.f, prefix - 2 * gap), bar};
  l.words_from = {x, top + bar + gap};
  l.words_size = {column, size.y - bar - gap};
  l.navigator_from = {x + column + 1.5f * gap, top};
  l.navigator_size = {from.x + size.x - l.navigator_from.x, size.y};
}

}  // namespace

void draw_sentence(Bench& bench, int index, ImVec2 from, ImVec2 size) {
  const ui::Ui& ui = bench.ui;
  const std::string words = bench.maps.sentence(index) + times_of(bench.maps.set());
  const std::string title = title_of(bench.maps, index);
  const float pad = ui.px(12);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(from, {from.x + size.x, from.y + size.y}, ui.theme.panel, ui.px(4));
  list.AddRectFilled(from, {from.x + ui.px(3), from.y + size.y}, ui.theme.mark, ui.px(1));
  const float top = ui.px(8) + ui.fonts.size(ui::Type::body) * 1.25f, wrap = size.x - 2 * pad;
  const float room = size.y - top - ui.px(2);
  const bool wide_enough = ui::measure(ui, ui::Type::strong, title).x <= wrap;
  const ui::Type title_type = wide_enough ? ui::Type::strong : ui::Type::small;
  ui::draw_text(ui, title_type, {from.x + pad, from.y + ui.px(7)}, ui.theme.text,
                ui::shortened(ui, title_type, title, wrap));
  // Set smaller where it does not fit, and cut where that is not enough.
  const bool fits = ui::measure(ui, ui::Type::body, words, wrap).y <= room;
  const ui::Type type = fits ? ui::Type::body : ui::Type::small;
  const std::string shown = fits ? words : ui::shortened_to_fit(ui, type, words, wrap, room);
  ui::draw_text(ui, type, {from.x + pad, from.y + top}, ui.theme.soft, shown, wrap);
  ImGui::SetCursorScreenPos(from);
  ImGui::InvisibleButton("heads.sentence", size);
  const ui::Control control{.id = "heads.sentence", .label = {}, .tooltip = shown == words ? "" : title + "\n" + words};
  ui::describe(bench.ui, control, from, {from.x + size.x, from.y + size.y}, ImGui::IsItemHovered(), words);
}

FrameLayout lay_out_frame(ImVec2 from, ImVec2 size, float share, float prefix_px, float px_per_point, int lines) {
  const auto px = [&](float points) { return std::floor(points * px_per_point); };
  const float gap = px(kGap);
  FrameLayout l;
  l.strip_from = from;
  l.strip_size = {size.x, map_strip_height(lines, px_per_point)};
  const float top = from.y + l.strip_size.y + gap, height = std::max(px(120), from.y + size.y - top);
  const float below = px(kLeastBar) + px(kLeastWords) + 2 * gap;
  const float side = std::floor(std::max(px(100), std::min(size.x * share, height - below)));
  const float column = px(kLowColumn);
  const float navigator = std::max(px(kLeastNavigator), kLowNavigator * (1 - share) * size.x);
  const float low_side = std::floor(std::min(height, size.x - column - navigator - 2.5f * gap));
  if (size.y < px(kLowPage) && low_side > kLowGain * side) {
    lay_out_low(l, from, {size.x, height}, low_side, column, prefix_px, gap);
    return l;
  }
  l.photo_from = {from.x, top};
  l.photo_size = {side, side};
  const float spare = std::max(0.f, height - below - side);
  const float bar = std::min(px(kMostBar), px(kLeastBar) + spare / 3);
  const float prefix = prefix_px > 0 ? std::min(prefix_px, std::floor(side * 0.6f)) + 2 * gap : 0;
  l.bar_from = {from.x, top + side + gap};
  l.bar_size = {side - prefix, bar};
  l.prefix_from = {l.bar_from.x + l.bar_size.x + 2 * gap, l.bar_from.y};
  l.prefix_size = {std::max(0.f, prefix - 2 * gap), bar};
  l.words_from = {from.x, l.bar_from.y + bar + gap};
  l.words_size = {side, std::max(px(40), std::min(px(kMostWords), from.y + size.y - l.words_from.y))};
  l.navigator_from = {from.x + side + 1.5f * gap, top};
  l.navigator_size = {std::max(px(60), size.x - side - 1.5f * gap), height};
  return l;
}

std::optional<MapFrame::Room> MapFrame::draw(Bench& bench, const vit::Analysis& analysis, int index, ImVec2 from,
                                             ImVec2 size, float share) {
  const FrameLayout layout = lay_out_frame(from, size, share, prefix_bars_width(bench), bench.ui.scale,
                                           map_strip_lines(bench, analysis, index, size.x));
  draw_map_strip(bench, analysis, index, layout.strip_from, layout.strip_size.x);
  photo_view_.draw(bench, index, layout.photo_from, layout.photo_size);
  draw_draft_label(bench, layout.photo_from);
  draw_color_bar(bench, index, layout.bar_from, layout.bar_size);
  draw_prefix_bars(bench, index, layout.prefix_from, layout.prefix_size);
  draw_sentence(bench, index, layout.words_from, layout.words_size);
  if (!bench.inside_open) return Room{layout.navigator_from, layout.navigator_size};
  draw_inside_panel(bench, index, layout.navigator_from, layout.navigator_size);
  return std::nullopt;
}

void draw_read_out(const Bench& bench) {
  const auto& at = bench.hover.found;
  if (!at) return;
  const vit::MapSet& set = bench.maps.set();
  const vit::MapLabel& label = bench.maps.label(bench.hover.map);
  const float value = set.value(bench.hover.map, at->row, at->col);
  std::string name = label.title;
  if (!label.parts.empty()) {  // colours of several numbers
    std::string words = fmt::format("patch ({}, {})", at->row, at->col);
    for (const int part : label.parts)
      words += "\n" + bench.maps.label(part).title + "  " + vit::even_text(set, set.value(part, at->row, at->col));
    return ui::hint(bench.ui, words);
  }
  if (label.head != vit::kNoHead)
    name =
        fmt::format("block {}, {}", label.block, vit::head_title(label.head, set.trace->settings.heads(label.block)));
  ui::hint(bench.ui, set.even > 0
                         ? fmt::format("patch ({}, {}) · {} the even share · {}\n{}", at->row, at->col,
                                       vit::even_text(set, value), vit::percent_text(value), name)
                         : fmt::format("patch ({}, {}) · {}\n{}", at->row, at->col, vit::even_text(set, value), name));
}

}  // namespace headlight
