#include "app/panels/badge.h"

#include <fmt/format.h>

#include <string>

#include "app/analysis/classes.h"
#include "app/panels/bench.h"
#include "app/ui/widgets.h"

namespace headlight {

namespace {

constexpr float kLeastBadge = 120;  // points

}  // namespace

void draw_badge(Bench& bench, ImVec2 from, float width, float x) {
  ui::Ui& ui = bench.ui;
  const Drift& drift = *bench.drift;
  std::string words = drift.what;
  if (drift.top1 >= 0) {
    const auto name = [&](int index) { return class_name(bench.session.trace()->model->labels, index); };
    words += fmt::format(": “{}” {:.2f} → ", name(drift.top1), drift.top1_before);
    if (drift.top1_now != drift.top1) words += "“" + name(drift.top1_now) + "” ";
    words += fmt::format("{:.2f}", drift.now);
  }
  if (drift.maps_moved) words += fmt::format(", maps moved by {:.2f}", *drift.maps_moved);
  const float button = ui.px(100), high = ui.fonts.size(ui::Type::body) + ui.px(13);
  const float room = from.x + width - x - button - ui.px(34);
  const std::string why = "Not as trained: " + words +
                          ". “Moved” is the total variation (0 to 1) between the head-averaged maps of the query, now "
                          "and as trained, averaged over the blocks.";
  const bool told = room >= ui.px(kLeastBadge);
  if (told) {
    // In a narrow window the words are set smaller, in two lines, before any are cut.
    const bool wide_enough = ui::measure(ui, ui::Type::body, words).x + ui.px(20) <= room;
    const ui::Type type = wide_enough ? ui::Type::body : ui::Type::small;
    const float wrap = wide_enough ? 0 : room - ui.px(20);
    const std::string shown =
        wide_enough ? words : ui::shortened_to_fit(ui, type, words, wrap, 2 * ui.fonts.size(type));
    const ImVec2 extent = ui::measure(ui, type, shown, wrap);
    const ImVec2 at{from.x + width - button - ui.px(28) - extent.x, from.y};
    const ImVec2 to{at.x + extent.x + ui.px(20), at.y + high};
    ImGui::GetWindowDrawList()->AddRectFilled(at, to, ui.theme.accent_soft, ui.px(4));
    ui::draw_text(ui, type, {at.x + ui.px(10), at.y + (high - extent.y) / 2}, ui.theme.accent, shown, wrap);
    ImGui::SetCursorScreenPos(at);
    ImGui::InvisibleButton("badge", {to.x - at.x, high});
    ui::describe(ui, {.id = "badge", .label = {}, .tooltip = why}, at, to, ImGui::IsItemHovered(), words);
  }
  ImGui::SetCursorScreenPos({from.x + width - button, from.y});
  const std::string& back = bench.commands.get("attention.as_trained").tooltip;
  if (ui::button(ui,
                 {.id = "attention.as_trained",
                  .label = "As trained",
                  .tooltip = told ? back : back + "\n" + why,
                  .key = bench.commands.keys_of("attention.as_trained")},
                 button))
    bench.session.restore_trained_settings();
}

}  // namespace headlight
