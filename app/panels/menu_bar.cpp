#include "app/panels/menu_bar.h"

#include <array>
#include <string_view>

#include "app/panels/bench.h"
#include "app/ui/widgets.h"

namespace headlight {

namespace {

void draw_menu(Bench& bench, const std::string& menu) {
  ui::Ui& ui = bench.ui;
  const std::string popup = "menu." + menu + ".list";
  if (!ui::begin_list(ui, popup)) return;
  bool first = true;
  for (const Command& command : bench.commands.all()) {
    if (command.menu != menu) continue;
    if (command.separated && !first) ImGui::Separator();
    first = false;
    const std::string keys = bench.commands.keys_of(command.id);
    const bool enabled = command.enabled();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const bool checked = command.checked && command.checked();
    // The window's own items do not fade where they are disabled, since behind a dialog all are.
    ImGui::PushStyleColor(ImGuiCol_Text, enabled ? ui.theme.text : ui.theme.faint);
    const bool pressed = ImGui::MenuItem(command.name.c_str(), keys.c_str(), checked, enabled);
    ImGui::PopStyleColor();
    if (ui::list_entry(ui, false, enabled) || pressed) command.run();
    const ImVec2 to = ImGui::GetItemRectMax();
    const bool over = at.x <= to.x && ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled);
    ui::describe(ui,
                 {.id = "menu." + command.id,
                  .label = {},
                  .tooltip = command.tooltip,
                  .enabled = enabled,
                  .reason = enabled ? "" : command.reason()},
                 at, to, over, checked ? "on" : "");
  }
  ImGui::EndPopup();
}

}  // namespace

void draw_menu_bar(Bench& bench, MenuClicks& clicks, const std::string& words, ImVec2 from, ImVec2 size) {
  ui::Ui& ui = bench.ui;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(from, {from.x + size.x, from.y + size.y}, ui.theme.panel);
  list.AddLine({from.x, from.y + size.y - 1}, {from.x + size.x, from.y + size.y - 1}, ui.theme.line);
  const float body_y = from.y + (size.y - ui.fonts.size(ui::Type::body)) / 2;
  float x = from.x + ui.px(14);
  ui::draw_text(ui, ui::Type::strong, {x, body_y}, ui.theme.accent, "Headlight");
  x += ui::measure(ui, ui::Type::strong, "Headlight").x + ui.px(14);
  for (const char* menu : kMenus) {
    if (menu == std::string_view("Sequence") && !bench.session.sequence().on()) continue;
    const float width = ui::measure(ui, ui::Type::body, menu).x + ui.px(20);
    const std::string id = std::string("menu.") + menu, popup = id + ".list";
    ImGui::SetCursorScreenPos({x, from.y});
    const bool pressed = ImGui::InvisibleButton(id.c_str(), {width, size.y - 1});
    const bool over = ImGui::IsItemHovered();
    const bool opened = ImGui::IsPopupOpen(popup.c_str());
    // With one menu open, moving along the bar opens the next.
    bool other = false;
    for (const char* m : kMenus)
      other = other || (m != menu && ImGui::IsPopupOpen((std::string("menu.") + m + ".list").c_str()));
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const bool inside = mouse.x >= x && mouse.x < x + width && mouse.y >= from.y && mouse.y < from.y + size.y;
    if (over || opened)
      list.AddRectFilled({x, from.y + ui.px(4)}, {x + width, from.y + size.y - ui.px(5)}, ui.theme.raised, ui.px(4));
    ui::draw_text(ui, ui::Type::body, {x + ui.px(10), body_y}, ui.theme.text, menu);
    ui::describe(ui, {.id = id, .label = menu}, {x, from.y}, {x + width, from.y + size.y}, over, opened ? "on" : "");
    const bool due = clicks.due == menu;
    if (due) clicks.due.clear();
    if (pressed || due || (other && inside)) {
      ImGui::OpenPopup(popup.c_str());
      clicks.opened = pressed || due ? menu : "";
    }
    // A click closes the menu that a click has opened; one that moving there has opened stays.
    const bool clicked = inside && ImGui::IsMouseClicked(0) && (opened || other);
    if (clicked && !(opened && clicks.opened == menu)) clicks.due = menu;
    ImGui::SetNextWindowPos({x, from.y + size.y});
    draw_menu(bench, menu);
    x += width + ui.px(2);
  }
  const bool keys = words.empty();
  const std::string right = keys ? "F1 keys   Ctrl+O open   ↑ ↓ head   ← → block   [ ] head count" : words;
  const float width = ui::measure(ui, ui::Type::small, right).x;
  if (x + width + ui.px(keys ? 40 : 20) < from.x + size.x)
    ui::draw_text(ui, ui::Type::small,
                  {from.x + size.x - width - ui.px(14), from.y + (size.y - ui.fonts.size(ui::Type::small)) / 2},
                  keys ? ui.theme.faint : ui.theme.soft, right);
}

}  // namespace headlight
