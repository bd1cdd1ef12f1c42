#include "app/panels/column_handle.h"

#include <cmath>

#include "app/panels/bench.h"
#include "app/ui/widgets.h"

namespace headlight {

void draw_column_handle(Bench& bench, SideColumns::Side side, ImVec2 from, ImVec2 size) {
  ui::Ui& ui = bench.ui;
  const bool left = side == SideColumns::Side::left;
  const Command& command = bench.commands.get(left ? "view.left_column" : "view.right_column");
  const ImVec2 to{from.x + size.x, from.y + size.y};
  ImGui::SetCursorScreenPos(from);
  const bool pressed = ImGui::InvisibleButton(command.id.c_str(), size);
  const bool over = ImGui::IsItemHovered();
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(from, to, over ? ui.theme.raised : ui.theme.panel);
  const float edge = left ? to.x - 1 : from.x;
  list.AddLine({edge, from.y}, {edge, to.y}, ui.theme.line);
  // A chevron that points to where the column opens.
  const float x = std::floor(from.x + size.x / 2), y = std::floor(from.y + size.y / 2);
  const float tip = ui.px(left ? 2.5f : -2.5f), half = ui.px(6);
  const ImVec2 chevron[3] = {{x - tip, y - half}, {x + tip, y}, {x - tip, y + half}};
  list.AddPolyline(chevron, 3, over ? ui.theme.text : ui.theme.soft, 0, ui.px(1.6f));
  const char* what =
      left ? "Model, photo, attention and view: shows the settings." : "Shows the cost and the prediction.";
  ui::describe(ui, {.id = command.id, .label = {}, .tooltip = what, .key = bench.commands.keys_of(command.id)}, from,
               to, over, "off");
  if (pressed) command.run();
}

}  // namespace headlight
