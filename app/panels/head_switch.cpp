#include "app/panels/head_switch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "app/panels/bench.h"
#include "app/ui/widgets.h"

namespace headlight {

namespace {

constexpr const char* kList = "head.factor.list";
constexpr float kStep = 0.05f, kSliderEnd = 3;  // of the factor

std::string factor_text(float factor) {
  return fmt::format("× {:.3g}", factor);
}

/// In the tile's other corner.
void draw_factor(const ui::Ui& ui, float factor, ImVec2 at, ImVec2 to) {
  const std::string words = factor_text(factor);
  const ImVec2 extent = ui::measure(ui, ui::Type::small, words);
  const float pad = ui.px(3);
  if (extent.x + 2 * pad > to.x - at.x) return;
  ImGui::GetWindowDrawList()->AddRectFilled({at.x + pad, at.y + pad},
                                            {at.x + 3 * pad + extent.x, at.y + 2 * pad + extent.y},
                                            IM_COL32(0, 0, 0, 170), ui.px(3));
  ui::draw_text(ui, ui::Type::small, {at.x + 2 * pad, at.y + 1.5f * pad}, ui.theme.mark, words);
}

}  // namespace

void ask_head_factor(Bench& bench, int block, int head, ImVec2 at) {
  bench.scaling = {.block = block, .head = head, .opens = true, .at = at};
}

void draw_head_factor(Bench& bench) {
  ui::Ui& ui = bench.ui;
  HeadScaling& scaling = bench.scaling;
  if (std::exchange(scaling.opens, false)) {
    ImGui::OpenPopup(kList);
    const ImVec2 window = ImGui::GetIO().DisplaySize;  // the cursor may be outside
    ImGui::SetNextWindowPos({std::clamp(scaling.at.x, 0.f, std::max(0.f, window.x - ui.px(270))),
                             std::clamp(scaling.at.y, 0.f, std::max(0.f, window.y - ui.px(120)))});
  }
  ImGui::SetNextWindowSize({ui.px(250), 0});
  if (!ui::begin_list(ui, kList)) return;
  const float now = bench.session.head_factor(scaling.block, scaling.head);
  int steps = static_cast<int>(std::lround(now / kStep));
  if (ui::slider(
          ui,
          {.id = "head.factor",
           .label = fmt::format("Head {} of block {}", scaling.head, scaling.block),
           .tooltip = "What the head's output is multiplied by before the projection: 0 switches it off, 1 is as "
                      "trained. Its map stays; what comes behind it changes.",
           .key = bench.commands.keys_of("attention.scale_head")},
          steps, 0, static_cast<int>(kSliderEnd / kStep), factor_text(now)))
    bench.session.scale_head(scaling.block, scaling.head, static_cast<float>(steps) * kStep);
  const float width = (ImGui::GetContentRegionAvail().x - 3 * ImGui::GetStyle().ItemSpacing.x) / 4;
  for (const float factor : {0.f, 0.5f, 1.f, 2.f}) {
    if (ui::button(ui,
                   {.id = fmt::format("head.factor.{:g}", factor),
                    .label = factor == 0.f   ? "off"
                             : factor == 1.f ? "trained"
                                             : factor_text(factor),
                    .tooltip = fmt::format("Multiplies the head's output by {:g}.", factor)},
                   width, now == factor))
      bench.session.scale_head(scaling.block, scaling.head, factor);
    if (factor != 2.f) ImGui::SameLine();
  }
  ImGui::EndPopup();
}

bool draw_head_switch(Bench& bench, const vit::MapLabel& label, ImVec2 at, ImVec2 to, bool over_tile) {
  if (label.head < 0 || label.block < 0) return false;
  ui::Ui& ui = bench.ui;
  const bool off = bench.session.head_off(label.block, label.head);
  const float side = std::min(ui.px(20), (to.x - at.x) / 2);
  const ImVec2 from{to.x - side - ui.px(2), at.y + ui.px(2)}, end{from.x + side, from.y + side};
  ImDrawList& list = *ImGui::GetWindowDrawList();
  if (off) {  // what does not act is veiled
    list.AddRectFilled(at, to, IM_COL32(0, 0, 0, 150));
    list.AddLine({at.x, to.y}, {to.x, at.y}, ui.theme.mark, ui.px(1));
  }
  const bool over = over_tile && ImGui::IsMouseHoveringRect(from, end);
  if (const float factor = bench.session.head_factor(label.block, label.head); !off && factor != 1.f)
    draw_factor(ui, factor, at, to);
  if (over_tile && ImGui::IsMouseClicked(1)) ask_head_factor(bench, label.block, label.head, ImGui::GetIO().MousePos);
  if (!off && !over_tile) return false;
  const ImVec2 middle{(from.x + end.x) / 2, (from.y + end.y) / 2};
  const float radius = side * 0.34f, slash = radius * 0.7f;
  const ImU32 color = off ? ui.theme.mark : over ? IM_COL32(255, 255, 255, 255) : IM_COL32(255, 255, 255, 190);
  list.AddRectFilled(from, end, IM_COL32(0, 0, 0, over ? 190 : 130), ui.px(3));
  list.AddCircle(middle, radius, color, 0, ui.px(1.5f));
  list.AddLine({middle.x - slash, middle.y + slash}, {middle.x + slash, middle.y - slash}, color, ui.px(1.5f));
  if (over && ImGui::IsMouseClicked(0)) {
    if (ImGui::GetIO().KeyShift)
      bench.session.solo_head(label.block, label.head);
    else
      bench.session.switch_head(label.block, label.head, !off);
  }
  ui::describe(
      ui,
      {.id = fmt::format("switch.{}.{}", label.block, label.head),
       .label = {},
       .tooltip = std::string(off ? "This head is switched off: its output is zero. A click switches it on again."
                                  : "Switches this head off: its output becomes zero, and everything after it "
                                    "follows.") +
                  " With Shift: this head alone, all others of the block off. A right click scales it.",
       .key = bench.commands.keys_of("attention.switch_head")},
      from, end, over, off ? "off" : "on");
  return over;
}

}  // namespace headlight
