#include "app/panels/head_switch.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/panels/bench.h"
#include "app/ui/widgets.h"

namespace headlight {

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
                  " With Shift: this head alone, all others of the block off.",
       .key = bench.commands.keys_of("attention.switch_head")},
      from, end, over, off ? "off" : "on");
  return over;
}

}  // namespace headlight
