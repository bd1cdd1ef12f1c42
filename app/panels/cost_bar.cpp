// The stacked bar of the right column with what stands under it: computing and waiting, and what the head count did.
#include <algorithm>

#include "app/cost/pass_words.h"
#include "app/panels/bench.h"
#include "app/panels/right_column.h"
#include "app/ui/widgets.h"
#include "app/words/quantity.h"

namespace headlight {

namespace {

// Kept free while a head count is dragged, so that the table stands still.
constexpr int kSentenceLines = 4, kLinesInNarrowColumn = 5;
constexpr float kNarrow = 360;  // points

/// Slanted lines: time that nothing was computed in.
void hatch(const ui::Ui& ui, ImVec2 from, ImVec2 to) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float high = to.y - from.y, step = ui.px(5);
  list.PushClipRect(from, to, true);
  for (float x = from.x - high; x < to.x; x += step) list.AddLine({x, to.y}, {x + high, from.y}, ui.theme.faint, 1);
  list.PopClipRect();
}

}  // namespace

void CostColumn::draw_bar(Bench& bench) {
  ui::Ui& ui = bench.ui;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, height = ui.px(14);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(at, {at.x + width, at.y + height}, ui.theme.track, ui.px(3));
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const auto share_of = [&](const CostLine& line) {
    return total_ms_ > 0 ? std::max(line.ms_median.value_or(0), 0.0) / total_ms_ : 0.0;
  };
  float x = at.x;
  for (const CostLine& line : view_.lines) {
    const double share = share_of(line);
    if (share <= 0) continue;
    const float next = std::min(x + width * static_cast<float>(share), at.x + width);
    if (line.op)
      list.AddRectFilled({x, at.y}, {std::max(x + 1, next - 1), at.y + height}, color_of(*line.op, ui.theme.dark));
    else
      hatch(ui, {x, at.y}, {next, at.y + height});
    if (mouse.x >= x && mouse.x < next && mouse.y >= at.y && mouse.y < at.y + height && ImGui::IsWindowHovered())
      ui::hint(ui, line.name + " · " + ms_text(*line.ms_median) + " ms · " + percent_text(share));
    x = next;
  }
  ImGui::Dummy({width, height});
  ui::describe(ui, {.id = "cost.bar", .label = {}, .tooltip = {}}, at, {at.x + width, at.y + height}, false,
               ms_text(total_ms_));
  draw_times(bench);
  if (change_) draw_change(bench);
  ui::gap(ui, 3);
}

void CostColumn::draw_times(Bench& bench) {
  if (view_.passes == 0) return;
  ui::Ui& ui = bench.ui;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  ui::draw_text(ui, ui::Type::small, at, ui.theme.soft, times_);
  ImVec2 to{at.x + width, at.y + ui.fonts.size(ui::Type::small)};
  if (!one_thread_.empty()) {
    ui::draw_text(ui, ui::Type::small, {at.x, to.y}, ui.theme.accent, one_thread_);
    to.y += ui.fonts.size(ui::Type::small);
  }
  ImGui::Dummy({width, to.y - at.y});
  const ui::Control control{.id = "cost.times",
                            .label = {},
                            .tooltip =
                                "Computing: the medians of the operators' times added up, each the mean over the "
                                "threads. Waiting (hatched): the time in which threads waited for each other."};
  ui::describe(ui, control, at, to, ImGui::IsItemHovered(), times_ + (one_thread_.empty() ? "" : " · " + one_thread_));
}

void CostColumn::draw_change(Bench& bench) {
  ui::Ui& ui = bench.ui;
  const float line = ui.fonts.size(ui::Type::small), pad = ui.px(tight_ ? 3 : 5);
  const float width = ImGui::GetContentRegionAvail().x;
  const int lines = width < ui.px(kNarrow) ? kLinesInNarrowColumn : kSentenceLines;
  const float text_height = static_cast<float>(lines) * line, height = text_height + 2 * pad;
  const ImVec2 at = ImGui::GetCursorScreenPos(), to{at.x + width, at.y + height};
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(at, to, ui.theme.accent_soft, ui.px(3));
  list.AddRectFilled(at, {at.x + ui.px(2), to.y}, ui.theme.mark);
  const float room = width - ui.px(16);
  ui::draw_text(ui, ui::Type::small, {at.x + ui.px(9), at.y + pad}, ui.theme.text,
                ui::shortened_to_fit(ui, ui::Type::small, change_->sentence, room, text_height), room);
  ImGui::Dummy({width, height});
  const ui::Control control{
      .id = "cost.change",
      .label = {},
      .tooltip = change_->sentence + "\nRatios to the same settings with the trained head count, both measured here."};
  ui::describe(ui, control, at, to, ImGui::IsItemHovered(), change_->sentence);
}

}  // namespace headlight
