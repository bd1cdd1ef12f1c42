#include "app/panels/dialog_frame.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "app/ui/widgets.h"
#include "app/workspace.h"

namespace headlight {

bool begin_dialog(Workspace& work, const char* id, const char* title, ImVec2 points, bool& open) {
  if (!open) return false;
  ui::Ui& ui = work.ui;
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  const ImVec2 size{std::min(ui.px(points.x), screen.x * 0.95f), std::min(ui.px(points.y), screen.y * 0.9f)};
  ImGui::SetNextWindowSize(size, ImGuiCond_Appearing);
  ImGui::SetNextWindowPos({std::floor((screen.x - size.x) / 2), std::floor((screen.y - size.y) / 2)},
                          ImGuiCond_Appearing);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui.px(18), ui.px(14)));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1.f);
  ImGui::PushStyleColor(ImGuiCol_WindowBg, ui.theme.panel);
  ImGui::Begin(id, nullptr,
               ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoCollapse);
  ImGui::PopStyleColor();
  ImGui::PopStyleVar(2);
  ui::text(ui, ui::Type::title, ui.theme.text, title);
  ImGui::SameLine();
  const float width = ui.px(70);
  ImGui::SetCursorScreenPos({ImGui::GetWindowPos().x + ImGui::GetWindowSize().x - ui.px(18) - width,
                             ImGui::GetCursorScreenPos().y - ui.px(4)});
  if (ui::button(ui,
                 {.id = std::string(id) + ".close", .label = "Close", .tooltip = "Closes this window.", .key = "Esc"},
                 width))
    open = false;
  ui::gap(ui, 2);
  ImGui::BeginChild("content", {0, 0}, false);
  return true;
}

void end_dialog() {
  ImGui::EndChild();
  ImGui::End();
}

void column_text(const ui::Ui& ui, float x, ImU32 color, std::string_view text, float width) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ui::draw_text(ui, ui::Type::body, {at.x + x, at.y}, color, ui::shortened(ui, ui::Type::body, text, width));
}

void next_line(const ui::Ui& ui) {
  ImGui::Dummy({1, ui.fonts.size(ui::Type::body) + ui.px(1)});
}

}  // namespace headlight
