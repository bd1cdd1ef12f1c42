#include "app/ui/toasts.h"

#include <string>
#include <utility>

#include "app/ui/widgets.h"

namespace headlight::ui {

void Toasts::add(std::string sentence, bool warning) {
  if (!toasts_.empty() && toasts_.back().sentence == sentence) toasts_.pop_back();
  toasts_.push_back({std::move(sentence), warning, 0});
  if (toasts_.size() > 3) toasts_.pop_front();
}

void Toasts::draw(Ui& ui) {
  const double now = ImGui::GetTime();
  for (Toast& toast : toasts_)
    if (toast.until == 0) toast.until = now + kSeconds;
  while (!toasts_.empty() && toasts_.front().until <= now) toasts_.pop_front();
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  float bottom = screen.y - ui.px(42);
  int index = 0;
  for (auto toast = toasts_.rbegin(); toast != toasts_.rend(); ++toast, ++index) {
    ui.wake(toast->until + 0.01);
    const float wrap = ui.px(520);
    const ImVec2 size = measure(ui, Type::body, toast->sentence, wrap);
    const ImVec2 box{size.x + ui.px(34), size.y + ui.px(20)};
    ImGui::SetNextWindowPos({(screen.x - box.x) / 2, bottom - box.y});
    ImGui::SetNextWindowSize(box);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
    ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, ImVec2(1, 1));
    ImGui::PushStyleColor(ImGuiCol_WindowBg, ui.theme.raised);
    const std::string id = "toast." + std::to_string(index);
    ImGui::Begin(id.c_str(), nullptr,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoSavedSettings |
                     ImGuiWindowFlags_NoFocusOnAppearing | ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoMove);
    const ImVec2 at = ImGui::GetWindowPos();
    ImGui::GetWindowDrawList()->AddRectFilled(at, {at.x + ui.px(4), at.y + box.y},
                                              toast->warning ? ui.theme.bad : ui.theme.good, ui.px(2));
    draw_text(ui, Type::body, {at.x + ui.px(18), at.y + ui.px(10)}, ui.theme.text, toast->sentence, wrap);
    ImGui::SetCursorScreenPos(at);
    const Control control{.id = id, .label = {}, .tooltip = "Click to close"};
    if (ImGui::InvisibleButton("close", box)) toast->until = now;
    describe(ui, control, at, {at.x + box.x, at.y + box.y}, ImGui::IsItemHovered(), toast->sentence);
    ImGui::End();
    ImGui::PopStyleColor();
    ImGui::PopStyleVar(2);
    bottom -= box.y + ui.px(8);
  }
}

}  // namespace headlight::ui
