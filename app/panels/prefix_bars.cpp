#include "app/panels/prefix_bars.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "app/panels/bench.h"
#include "app/ui/widgets.h"
#include "engine/base/quantity.h"

namespace headlight {

namespace {

constexpr float kPitch = 30, kLegiblePitch = 22, kSmallestPitch = 12, kPatches = 48;  // points

/// Where one bar stands, and what it says.
struct Bar {
  ImVec2 from, size;
  std::string id, label, tooltip;
  float share = 0;    // its height, 0 … 1
  std::string value;  // beside it
  ImU32 color = 0;
  int token = -1;  // -1: the patches together, which are no query
};

void draw_bar(Bench& bench, const Bar& bar) {
  ui::Ui& ui = bench.ui;
  const ImVec2 to{bar.from.x + bar.size.x, bar.from.y + bar.size.y};
  const float line = ui.fonts.size(ui::Type::small);
  ImGui::SetCursorScreenPos(bar.from);
  const bool pressed = ImGui::InvisibleButton(bar.id.c_str(), bar.size) && bar.token >= 0;
  const bool over = ImGui::IsItemHovered(), asked = bar.token >= 0 && bar.token == bench.maps.set().question.query;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  if (asked || (over && bar.token >= 0))
    list.AddRectFilled({bar.from.x, bar.from.y + line + ui.px(4)}, to, asked ? ui.theme.accent_soft : ui.theme.hovered,
                       ui.px(3));
  const float bottom = std::floor(to.y - line - ui.px(5)), top = bar.from.y + 2 * line + ui.px(6);
  const float width = std::min(ui.px(18), bar.size.x - ui.px(3)), x = std::floor(bar.from.x + (bar.size.x - width) / 2);
  const float height = std::max(ui.px(1.5f), (bottom - top) * std::clamp(bar.share, 0.f, 1.f));
  list.AddRectFilled({x, bottom - height}, {x + width, bottom}, bar.color, ui.px(1.5f));
  const auto centred = [&](const std::string& text, float y, ImU32 color) {
    const float text_width = ui::measure(ui, ui::Type::small, text).x;
    ui::draw_text(ui, ui::Type::small, {std::floor(bar.from.x + (bar.size.x - text_width) / 2), y}, color, text);
  };
  ui::describe(ui,
               {.id = bar.id,
                .label = {},
                .tooltip = bar.tooltip,
                .key = bar.token >= 0 ? bench.commands.keys_of("attention.query_prefix") : ""},
               bar.from, to, over, fmt::format("{:.4f}", bar.share));
  if (pressed) bench.session.set_query(bar.token);
  if (bar.size.x < ui.px(kLegiblePitch) && !asked) return;
  centred(bar.value, bottom - height - line - ui.px(2), ui.theme.text);
  centred(bar.label, bottom + ui.px(2), asked ? ui.theme.accent : ui.theme.soft);
}

/// " of what the class token looks at in head 3."
std::string whose(const vit::MapSet& set, int head) {
  const std::string query = vit::query_phrase(set.question.query, set.trace->grid, set.trace->model->config);
  std::string of = " of what " + query + " looks at";
  if (set.question.direction == vit::Direction::looked_at_by) of = " of its attention to " + query;
  if (head == vit::kNoHead) return of + ".";
  if (head == vit::kMeanOfHeads) return of + ", on average over the heads.";
  if (head == vit::kMaxOfHeads) return of + " in the head where it is most.";
  return of + " in head " + std::to_string(head) + ".";
}

/// The number without its unit, which stands above the bars.
std::string short_value(const vit::MapSet& set, float value) {
  const std::string text = vit::even_text(set, value);
  return text.substr(0, text.find(' '));
}

/// Masks, and maps whose sentence tells what the prefix tokens have, go without.
bool has_bars(const vit::MapSet& set) {
  return set.trace->grid.prefix > 0 && !set.is_mask && (set.even > 0 || set.table);
}

}  // namespace

float prefix_bars_width(const Bench& bench) {
  const vit::MapSet& set = bench.maps.set();
  return has_bars(set) ? bench.ui.px(kPitch * static_cast<float>(set.trace->grid.prefix) + kPatches) : 0;
}

void draw_prefix_bars(Bench& bench, int index, ImVec2 from, ImVec2 size) {
  const vit::MapSet& set = bench.maps.set();
  const int prefix = set.trace->grid.prefix;
  if (!has_bars(set) || size.x <= 0) return;
  const ui::Ui& ui = bench.ui;
  const vit::ModelConfig& config = set.trace->model->config;
  const vit::MapFacts& facts = bench.maps.facts(index);
  const std::string rest = whose(set, bench.maps.label(index).head);
  const float room = size.x - ui.px(kPatches);
  const int shown = std::clamp(static_cast<int>(room / ui.px(kSmallestPitch)), 1, prefix);
  const float pitch = std::min(ui.px(kPitch), room / static_cast<float>(shown));
  const int query = set.question.query < prefix ? set.question.query : 0;
  const int first = std::clamp(query - shown / 2, 0, prefix - shown);

  const bool shares = set.even > 0 && set.question.direction != vit::Direction::product;
  const bool sums = shares && set.question.direction == vit::Direction::looks_at;
  float largest = std::max(1e-20f, set.range(index, bench.session.view.look).high);
  for (const float share : set.prefix_of(index)) largest = std::max(largest, share);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float base = std::floor(from.y + size.y - ui.fonts.size(ui::Type::small) - ui.px(5));
  const float used = pitch * static_cast<float>(shown) + (sums ? ui.px(kPatches) : 0);
  list.AddLine({from.x, base}, {from.x + used, base}, ui.theme.track);
  for (int i = 0; i < shown; ++i) {
    const int token = first + i;
    const float share = set.prefix_of(index)[static_cast<std::size_t>(token)];
    const std::string name = config.prefix_name(token);
    const std::string gives = set.question.direction == vit::Direction::looked_at_by ? " gives " : " gets ";
    draw_bar(bench, {.from = {from.x + pitch * static_cast<float>(i), from.y},
                     .size = {pitch, size.y},
                     .id = "heads.prefix." + std::to_string(token),
                     .label = vit::prefix_label(token, config),
                     .tooltip = "The " + name +
                                (shares ? gives + vit::share_text(share) + " %" + rest
                                        : " has " + vit::even_text(set, share) + ".") +
                                " Click: asks from the " + name + ".",
                     .share = shares ? share : share / largest,
                     .value = shares ? vit::share_text(share) : short_value(set, share),
                     .color = ui.theme.bar,
                     .token = token});
  }
  if (sums)
    draw_bar(bench, {.from = {from.x + pitch * static_cast<float>(shown), from.y},
                     .size = {ui.px(kPatches), size.y},
                     .id = "heads.prefix.patches",
                     .label = "patches",
                     .tooltip = "All patches together get " + vit::share_text(facts.patches) + " %" + rest,
                     .share = facts.patches,
                     .value = vit::share_text(facts.patches),
                     .color = ui.theme.bar_soft});
  ui::draw_text(ui, ui::Type::small, {from.x + ui.px(3), from.y + ui.px(1)}, ui.theme.faint,
                !shares                   ? set.even > 0 ? "× even" : set.unit
                : vit::after_dropout(set) ? "after dropout, %"
                                          : "attention, %");
}

}  // namespace headlight
