#include "app/panels/dialog_frame.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "app/panels/bench.h"
#include "app/ui/widgets.h"

namespace headlight {

bool begin_dialog(Bench& bench, const char* id, const char* title, ImVec2 points, bool& open) {
  if (!open) return false;
  ui::Ui& ui = bench.ui;
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  const ImVec2 size{std::min(ui.px(points.x), screen.x * 0.95f), std::min(ui.px(points.y), screen.y * 0.9f)};
  ImGui::SetNextWindowSize(size);
  ImGui::SetNextWindowPos({std::floor((screen.x - size.x) / 2), std::floor((screen.y - size.y) / 2)},
                          ImGuiCond_Appearing);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui.px(18), ui.px(14)));
  ImGui::Begin(id, nullptr,
               ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoCollapse |
                   ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoBackground);
  ImGui::PopStyleVar();
  ui::ground_over_veil(ui);
  if (ImGui::IsWindowFocused(ImGuiFocusedFlags_RootAndChildWindows)) bench.dialogs.front = &open;
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

void Dialogs::close_front() {
  for (bool* open : {front, &sheet, &get, &preprocessing, &report, &help})
    if (open != nullptr && *open) {
      *open = false;
      return;
    }
}

void column_text(const ui::Ui& ui, float x, ImU32 color, std::string_view text, float width) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ui::draw_text(ui, ui::Type::body, {at.x + x, at.y}, color, ui::shortened(ui, ui::Type::body, text, width));
}

void wrapped_column_text(const ui::Ui& ui, float x, ImU32 color, std::string_view text, float width) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ui::draw_text(ui, ui::Type::body, {at.x + x, at.y}, color, text, width);
  ImGui::Dummy({1, std::max(ui.fonts.size(ui::Type::body), ui::measure(ui, ui::Type::body, text, width).y) + ui.px(1)});
}

}  // namespace headlight
