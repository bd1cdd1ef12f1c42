#include "app/panels/left_column.h"

#include <cmath>

#include "app/panels/bench.h"
#include "app/ui/widgets.h"

namespace headlight {

namespace {

constexpr float kRoomyHeight = 800;  // points

}  // namespace

void LeftColumn::draw(Bench& bench, ImVec2 from, ImVec2 size) {
  const ui::Ui& ui = bench.ui;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(from, {from.x + size.x, from.y + size.y}, ui.theme.panel);
  list.AddLine({from.x + size.x, from.y}, {from.x + size.x, from.y + size.y}, ui.theme.line);
  const float pad = ui.px(14);
  ImGui::SetCursorScreenPos({from.x + pad, from.y + ui.px(8)});
  ImGui::PushStyleVar(ImGuiStyleVar_ScrollbarSize, ui.px(9));
  const ImVec2 space = ImGui::GetStyle().ItemSpacing;
  const bool low = size.y < ui.px(kRoomyHeight);  // then everything moves closer before anything is out of sight
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {space.x, low ? std::floor(space.y * 0.75f) : space.y});
  // A scroll bar takes its room from the margin, so that nothing moves when it appears.
  const float width = scrolls_ ? size.x - pad - ui.px(3) : size.x - 2 * pad;
  ImGui::BeginChild("left", {width, size.y - ui.px(10)}, false);
  draw_model_section(bench);
  draw_image_section(bench);
  draw_attention_section(bench);
  draw_view_section(bench);
  scrolls_ = ImGui::GetScrollMaxY() > 0;
  ImGui::EndChild();
  ImGui::PopStyleVar(2);
}

}  // namespace headlight
