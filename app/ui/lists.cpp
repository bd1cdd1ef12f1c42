// Drop-down lists, in a column of labels and values, and compact in a line of controls.
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <utility>

#include "app/ui/hit.h"
#include "app/ui/widgets.h"

namespace headlight::ui {

namespace {

/// Takes the moves since the last frame; in a list that has just opened they begin at its chosen entry.
void begin_keys(ListKeys& keys, const std::string& popup) {
  if (keys.list != popup || ImGui::IsWindowAppearing()) keys = {.list = popup};
  keys.rows = std::exchange(keys.row, 0);
  const int moves = std::exchange(keys.moves, 0);
  keys.moved = moves != 0 && keys.rows > 0;
  if (!keys.moved) return;
  const int from = keys.cursor < 0 ? keys.start : keys.cursor;
  keys.cursor = std::clamp(from + moves, 0, keys.rows - 1);
}

}  // namespace

bool begin_list(Ui& ui, const std::string& popup) {
  if (!ImGui::BeginPopup(popup.c_str())) return false;
  if (std::exchange(ui.close_list, false))
    ImGui::CloseCurrentPopup();
  else
    ui.list_open = true;
  begin_keys(ui.list_keys, popup);
  return true;
}

bool list_entry(Ui& ui, bool chosen, bool enabled) {
  ListKeys& keys = ui.list_keys;
  const int row = keys.row++;
  if (keys.cursor < 0 && chosen) keys.start = row;
  if (row != keys.cursor) return false;
  const ImVec2 from = ImGui::GetItemRectMin(), to = ImGui::GetItemRectMax();
  ImGui::GetWindowDrawList()->AddRect(from, to, ui.theme.accent, ui.px(2));
  if (std::exchange(keys.moved, false)) ImGui::SetScrollHereY();
  if (!std::exchange(keys.enter, false) || !enabled) return false;
  ImGui::CloseCurrentPopup();
  return true;
}

namespace {

/// The list below a control of which `pressed` was found; true when another value is chosen.
bool list_of(Ui& ui, const Control& control, bool pressed, ImVec2 at, float pivot, float least_width, int& index,
             std::span<const char* const> names) {
  const std::string popup = control.id + ".list";
  if (pressed) ImGui::OpenPopup(popup.c_str());
  bool changed = false;
  ImGui::SetNextWindowPos({at.x, at.y + ui.px(2)}, ImGuiCond_Appearing, {pivot, 0});
  ImGui::SetNextWindowSizeConstraints({0, 0}, {FLT_MAX, ImGui::GetIO().DisplaySize.y - at.y - ui.px(12)});
  if (begin_list(ui, popup)) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      const bool chosen = static_cast<int>(i) == index;
      const ImVec2 item = ImGui::GetCursorScreenPos();
      const bool clicked = ImGui::Selectable(names[i], chosen, 0, {std::max(ui.px(110), least_width), 0});
      if (list_entry(ui, chosen) || clicked) {
        changed = !chosen;
        index = static_cast<int>(i);
      }
      if (chosen && ImGui::IsWindowAppearing()) ImGui::SetScrollHereY();
      if (ui.map.wanted()) {
        const ImVec2 to = ImGui::GetItemRectMax();
        ui.map.add(
            {control.id + "." + names[i], item.x, item.y, to.x - item.x, to.y - item.y, chosen ? "on" : "", true});
      }
    }
    ImGui::EndPopup();
  }
  return changed;
}

/// The ground of a compact control.
ImU32 ground(const Ui& ui, const Control& control, const Hit& hit) {
  return control.enabled && (hit.hovered || hit.held) ? ui.theme.hovered : ui.theme.raised;
}

float compact_height(const Ui& ui) {
  return ui.fonts.size(Type::body) + ui.px(11);
}

/// Returns the new position 0 … 1 while it is dragged, else a negative number. `wheel`: turns over it.
float filled_bar(Ui& ui, const Control& control, float position, float width, float& wheel) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float height = compact_height(ui), round = ui.px(4);
  const Hit hit = hit_box(control, {width, height});
  float moved = -1;
  if (hit.held) moved = std::clamp((ImGui::GetIO().MousePos.x - at.x - round) / (width - 2 * round), 0.f, 1.f);
  wheel = hit.hovered && control.enabled ? ImGui::GetIO().MouseWheel : 0;
  const float filled = std::clamp(moved >= 0 ? moved : position, 0.f, 1.f) * width, line = ui.px(3);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(at, {at.x + width, at.y + height}, ground(ui, control, hit), round);
  list.PushClipRect({at.x, at.y + height - line}, {at.x + filled, at.y + height}, true);
  list.AddRectFilled(at, {at.x + width, at.y + height}, control.enabled ? ui.theme.mark : ui.theme.track, round);
  list.PopClipRect();
  const std::string label = shortened(ui, Type::body, control.label, width - ui.px(14));
  draw_text(ui, Type::body, {at.x + ui.px(8), at.y + ui.px(4.5f)}, control.enabled ? ui.theme.text : ui.theme.faint,
            label);
  describe(ui, control, at, {at.x + width, at.y + height}, hit.hovered, control.label);
  return moved;
}

}  // namespace

bool choice(Ui& ui, const Control& control, int& index, std::span<const char* const> names, float width) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  if (width <= 0) width = ImGui::GetContentRegionAvail().x;
  const float height = ui.fonts.size(Type::body) + ui.px(8);
  const char* name = names[static_cast<std::size_t>(index)];
  const float name_width = measure(ui, Type::body, name).x;
  const Hit hit = hit_box(control, {width, height});
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float text_y = at.y + (height - ui.fonts.size(Type::body)) / 2;
  draw_text(ui, Type::body, {at.x, text_y}, control.enabled ? ui.theme.soft : ui.theme.faint, control.label);
  const float box_width = name_width + ui.px(30);
  if (control.enabled)
    list.AddRectFilled({at.x + width - box_width, at.y}, {at.x + width, at.y + height},
                       hit.hovered ? ui.theme.hovered : ui.theme.raised, ui.px(4));
  draw_text(ui, Type::body, {at.x + width - box_width + ui.px(9), text_y},
            control.enabled ? ui.theme.text : ui.theme.faint, name);
  draw_triangle(ui, {at.x + width - ui.px(12), at.y + height / 2}, control.enabled ? ui.theme.soft : ui.theme.faint);
  describe(ui, control, at, {at.x + width, at.y + height}, hit.hovered, name);
  return list_of(ui, control, hit.pressed, {at.x + width, at.y + height}, 1, name_width, index, names);
}

bool drop_down(Ui& ui, const Control& control, int& index, std::span<const char* const> names, float width) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float height = compact_height(ui), text_y = at.y + (height - ui.fonts.size(Type::body)) / 2;
  const char* name = names[static_cast<std::size_t>(index)];
  const Hit hit = hit_box(control, {width, height});
  ImGui::GetWindowDrawList()->AddRectFilled(at, {at.x + width, at.y + height}, ground(ui, control, hit), ui.px(4));
  float x = at.x + ui.px(8);
  if (!control.label.empty()) {
    draw_text(ui, Type::body, {x, text_y}, ui.theme.soft, control.label);
    x += measure(ui, Type::body, control.label).x + ui.px(5);
  }
  const std::string shown = shortened(ui, Type::body, name, at.x + width - ui.px(20) - x);
  draw_text(ui, Type::body, {x, text_y}, control.enabled ? ui.theme.text : ui.theme.faint, shown);
  draw_triangle(ui, {at.x + width - ui.px(11), at.y + height / 2}, control.enabled ? ui.theme.soft : ui.theme.faint);
  describe(ui, control, at, {at.x + width, at.y + height}, hit.hovered, name);
  return list_of(ui, control, hit.pressed, {at.x, at.y + height}, 0, 0, index, names);
}

bool bar(Ui& ui, const Control& control, int& value, int low, int high, float width) {
  const auto extent = static_cast<float>(high - low);
  float wheel = 0;
  const float moved =
      filled_bar(ui, control, high > low ? static_cast<float>(value - low) / extent : 1.f, width, wheel);
  int next = value;
  if (moved >= 0) next = low + static_cast<int>(std::lround(moved * extent));
  if (wheel != 0) next = std::clamp(value + (wheel > 0 ? 1 : -1), low, high);
  return std::exchange(value, next) != next;
}

bool bar(Ui& ui, const Control& control, float& value, float low, float high, float width) {
  float wheel = 0;
  const float moved = filled_bar(ui, control, high > low ? (value - low) / (high - low) : 1.f, width, wheel);
  float next = value;
  if (moved >= 0) next = low + moved * (high - low);
  if (wheel != 0) next = std::clamp(value + (wheel > 0 ? 0.01f : -0.01f) * (high - low), low, high);
  return std::exchange(value, next) != next;
}

}  // namespace headlight::ui
