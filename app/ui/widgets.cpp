#include "app/ui/widgets.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "app/ui/hit.h"

namespace headlight::ui {

namespace {

constexpr double kTooltipDelay = 0.45;  // s
constexpr ImU32 kVeil = IM_COL32(0, 0, 0, 110);

void show_tooltip(const Ui& ui, const Control& control) {
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui.px(10), ui.px(7)));
  ImGui::BeginTooltip();
  const float width = ui.px(300);
  const auto line = [&](Type type, ImU32 color, const std::string& text) {
    draw_text(ui, type, ImGui::GetCursorScreenPos(), color, text, width);
    ImGui::Dummy(measure(ui, type, text, width));
  };
  line(Type::body, ui.theme.text, control.tooltip);
  if (!control.enabled && !control.reason.empty()) line(Type::body, ui.theme.accent, control.reason);
  if (!control.key.empty()) line(Type::small, ui.theme.soft, "Key: " + control.key);
  ImGui::EndTooltip();
  ImGui::PopStyleVar();
}

/// The text line above a track: label left, value right. Returns the track's top left corner.
void label_line(const Ui& ui, const Control& control, std::string_view shown) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  draw_text(ui, Type::body, at, control.enabled ? ui.theme.soft : ui.theme.faint, control.label);
  draw_text(ui, Type::body, {at.x + width - measure(ui, Type::body, shown).x, at.y},
            control.enabled ? ui.theme.text : ui.theme.faint, shown);
  ImGui::Dummy({width, ui.fonts.size(Type::body) - ui.px(1)});
}

bool is_lit(const Ui& ui, std::string_view id) {
  return std::any_of(ui.lights.begin(), ui.lights.end(), [&](const std::string& light) {
    return id.starts_with(light) && (id.size() == light.size() || id[light.size()] == '.');
  });
}

/// Above everything, but no farther than the part of the window that it is in reaches. A table's row has no room for a
/// frame between it and the next ones: it gets a ground, and a bar at its left.
void light(const Ui& ui, std::string_view id, ImVec2 from, ImVec2 to) {
  if (ui.lights.empty() || !is_lit(ui, id)) return;
  const ImDrawList& here = *ImGui::GetWindowDrawList();
  ImDrawList& list = *ImGui::GetForegroundDrawList();
  const float out = ui.px(3), least_framed = ui.px(24);
  const ImVec2 low = here.GetClipRectMin(), high = here.GetClipRectMax();
  list.PushClipRect({low.x - 2 * out, low.y - out}, {high.x + 2 * out, high.y + out});
  if (to.y - from.y < least_framed) {
    const ImU32 ground = (ui.theme.accent & ~IM_COL32_A_MASK) | (48u << IM_COL32_A_SHIFT);
    list.AddRectFilled({from.x - 2 * out, from.y}, {to.x + out, to.y}, ground);
    list.AddRectFilled({from.x - 2 * out, from.y}, {from.x - out, to.y}, ui.theme.accent);
  } else {
    list.AddRect({from.x - out, from.y - out}, {to.x + out, to.y + out}, ui.theme.accent, ui.px(4), 0, ui.px(2));
  }
  list.PopClipRect();
}

void mark_and_explain(Ui& ui, const Control& control, ImVec2 from, ImVec2 to, bool hovered, std::string_view value);

/// A thin track with a knob; returns the new position 0 … 1 while it is dragged, else a negative number.
float track(Ui& ui, const Control& control, float position, std::string_view shown) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, height = ui.px(16), knob = ui.px(6.5f);
  const Hit hit = hit_box(control, {width, height});
  const float left = at.x + knob, right = at.x + width - knob, y = std::floor(at.y + height / 2);
  float moved = -1;
  if (hit.held) moved = std::clamp((ImGui::GetIO().MousePos.x - left) / (right - left), 0.f, 1.f);
  const float x = left + (right - left) * (moved >= 0 ? moved : std::clamp(position, 0.f, 1.f));
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float half = ui.px(1.5f);
  const ImU32 color = control.enabled ? ui.theme.mark : ui.theme.track;
  list.AddRectFilled({at.x, y - half}, {at.x + width, y + half}, ui.theme.track, half);
  list.AddRectFilled({at.x, y - half}, {x, y + half}, color, half);
  if (control.enabled && (hit.hovered || hit.held)) list.AddCircleFilled({x, y}, knob + ui.px(3), ui.theme.accent_soft);
  list.AddCircleFilled({x, y}, knob, color);
  mark_and_explain(ui, control, at, {at.x + width, at.y + height}, hit.hovered, shown);
  return moved;
}

}  // namespace

void describe(Ui& ui, const Control& control, ImVec2 from, ImVec2 to, bool hovered, std::string_view value) {
  light(ui, control.id, from, to);
  mark_and_explain(ui, control, from, to, hovered, value);
}

namespace {

void mark_and_explain(Ui& ui, const Control& control, ImVec2 from, ImVec2 to, bool hovered, std::string_view value) {
  if (ui.map.wanted())
    ui.map.add({control.id, from.x, from.y, to.x - from.x, to.y - from.y, std::string(value), control.enabled});
  if (!hovered) {
    if (ui.tooltip_for == control.id) ui.tooltip_for.clear();
    return;
  }
  ui.hovered_next = control.id;
  if (control.tooltip.empty()) return;
  const double now = ImGui::GetTime();
  if (ui.tooltip_for != control.id || ImGui::IsMouseDown(0)) {
    ui.tooltip_for = control.id;
    ui.tooltip_since = now;
  }
  if (now - ui.tooltip_since >= kTooltipDelay)
    show_tooltip(ui, control);
  else
    ui.wake(ui.tooltip_since + kTooltipDelay + 0.01);
}

/// From a label's line to the cursor: all that a slider consists of.
void light_down_to_cursor(const Ui& ui, const Control& control, ImVec2 from, float width) {
  light(ui, control.id, from, {from.x + width, ImGui::GetCursorScreenPos().y - ImGui::GetStyle().ItemSpacing.y});
}

}  // namespace

void hint(const Ui& ui, std::string_view text) {
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui.px(9), ui.px(6)));
  ImGui::BeginTooltip();
  draw_text(ui, Type::body, ImGui::GetCursorScreenPos(), ui.theme.text, text);
  ImGui::Dummy(measure(ui, Type::body, text));
  ImGui::EndTooltip();
  ImGui::PopStyleVar();
}

bool button(Ui& ui, const Control& control, float width, bool chosen) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 text = measure(ui, Type::body, control.label);
  if (width <= 0) width = text.x + ui.px(20);
  const float height = ui.fonts.size(Type::body) + ui.px(11);
  const Hit hit = hit_box(control, {width, height});
  ImU32 fill = chosen ? ui.theme.accent_soft : ui.theme.raised;
  if (control.enabled && hit.held)
    fill = ui.theme.pressed;
  else if (control.enabled && hit.hovered)
    fill = ui.theme.hovered;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(at, {at.x + width, at.y + height}, fill, ui.px(4));
  const ImU32 color = !control.enabled ? ui.theme.faint : chosen ? ui.theme.accent : ui.theme.text;
  const std::string label = shortened(ui, Type::body, control.label, width - ui.px(8));
  const float label_width = measure(ui, Type::body, label).x;
  draw_text(ui, Type::body, {at.x + (width - label_width) / 2, at.y + (height - text.y) / 2}, color, label);
  describe(ui, control, at, {at.x + width, at.y + height}, hit.hovered, chosen ? "on" : "");
  return hit.pressed;
}

bool check(Ui& ui, const Control& control, bool& value) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float side = ui.px(16), height = ui.fonts.size(Type::body) + ui.px(6);
  const float width = side + ui.px(8) + measure(ui, Type::body, control.label).x;
  const Hit hit = hit_box(control, {width, height});
  if (hit.pressed) value = !value;
  const float top = std::floor(at.y + (height - side) / 2);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ImU32 box = !value            ? (hit.hovered ? ui.theme.hovered : ui.theme.track)
                    : control.enabled ? ui.theme.mark
                                      : ui.theme.bar_soft;
  list.AddRectFilled({at.x, top}, {at.x + side, top + side}, box, ui.px(3.5f));
  if (value) {
    const ImVec2 p[3] = {{at.x + side * 0.25f, top + side * 0.52f},
                         {at.x + side * 0.43f, top + side * 0.70f},
                         {at.x + side * 0.76f, top + side * 0.32f}};
    list.AddPolyline(p, 3, ui.theme.accent_text, 0, ui.px(1.8f));
  }
  const float text_y = at.y + (height - ui.fonts.size(Type::body)) / 2;
  draw_text(ui, Type::body, {at.x + side + ui.px(8), text_y}, control.enabled ? ui.theme.text : ui.theme.faint,
            control.label);
  describe(ui, control, at, {at.x + width, at.y + height}, hit.hovered, value ? "on" : "off");
  return hit.pressed;
}

bool slider(Ui& ui, const Control& control, float& value, float low, float high, std::string_view shown) {
  const ImVec2 from = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  label_line(ui, control, shown);
  const float moved = track(ui, control, high > low ? (value - low) / (high - low) : 0.f, shown);
  light_down_to_cursor(ui, control, from, width);
  if (moved < 0) return false;
  const float next = low + moved * (high - low);
  const bool changed = next != value;
  value = next;
  return changed;
}

bool slider(Ui& ui, const Control& control, int& value, int low, int high, std::string_view shown) {
  const ImVec2 from = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  label_line(ui, control, shown);
  const float moved =
      track(ui, control, high > low ? static_cast<float>(value - low) / static_cast<float>(high - low) : 0.f, shown);
  light_down_to_cursor(ui, control, from, width);
  if (moved < 0) return false;
  const int next = low + static_cast<int>(std::lround(moved * static_cast<float>(high - low)));
  const bool changed = next != value;
  value = next;
  return changed;
}

bool stepper(Ui& ui, const Control& control, std::span<const int> steps, int& step, std::string_view shown,
             std::span<const Tick> ticks) {
  const ImVec2 top = ImGui::GetCursorScreenPos();
  label_line(ui, control, shown);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, knob = ui.px(6.5f);
  const int last = static_cast<int>(steps.size()) - 1;
  const float moved = track(ui, control, last > 0 ? static_cast<float>(step) / static_cast<float>(last) : 0.f, shown);
  const int next = moved < 0 ? step : static_cast<int>(std::lround(moved * static_cast<float>(last)));
  const bool changed = next != step;
  step = next;

  // Numbers under the track, as many as fit; the marked ones first.
  const float y = ImGui::GetCursorScreenPos().y - ui.px(4);
  const auto x_of = [&](int s) {
    return at.x + knob + (width - 2 * knob) * (last > 0 ? static_cast<float>(s) / static_cast<float>(last) : 0.f);
  };
  std::vector<std::pair<float, float>> taken;
  const auto put = [&](int s, ImU32 color, bool must) {
    const std::string number = std::to_string(steps[static_cast<std::size_t>(s)]);
    const float w = measure(ui, Type::small, number).x;
    const float x = std::clamp(x_of(s) - w / 2, at.x, at.x + width - w);
    for (const auto& [from, to] : taken)
      if (!must && x < to + ui.px(3) && x + w > from - ui.px(3)) return;
    for (const auto& [from, to] : taken)
      if (x < to && x + w > from) return;
    taken.emplace_back(x, x + w);
    draw_text(ui, Type::small, {x, y}, color, number);
  };
  for (const Tick& tick : ticks) put(tick.step, tick.strong ? ui.theme.accent : ui.theme.text, true);
  put(0, ui.theme.faint, false);
  put(last, ui.theme.faint, false);
  for (int s = 1; s < last; ++s) put(s, ui.theme.faint, false);
  ImGui::Dummy({width, ui.fonts.size(Type::small) - ui.px(3)});
  light_down_to_cursor(ui, control, top, width);
  return changed;
}

void draw_triangle(const Ui& ui, ImVec2 center, ImU32 color) {
  ImGui::GetWindowDrawList()->AddTriangleFilled({center.x - ui.px(4), center.y - ui.px(1.5f)},
                                                {center.x + ui.px(4), center.y - ui.px(1.5f)},
                                                {center.x, center.y + ui.px(3.5f)}, color);
}

bool segments(Ui& ui, const Control& control, int& index, std::span<const char* const> names,
              std::span<const char* const> tooltips, float width) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  if (width <= 0) width = ImGui::GetContentRegionAvail().x;
  const float height = ui.fonts.size(Type::body) + ui.px(9);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(at, {at.x + width, at.y + height}, ui.theme.raised, ui.px(4));
  float total = 0;
  for (const char* name : names) total += measure(ui, Type::body, name).x;
  const float pad = (width - total) / static_cast<float>(2 * names.size());
  bool changed = false;
  float x = at.x;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const float w = measure(ui, Type::body, names[i]).x + 2 * pad;
    const bool chosen = static_cast<int>(i) == index;
    Control part{.id = control.id + "." + names[i],
                 .label = names[i],
                 .tooltip = tooltips[i],
                 .key = control.key,
                 .enabled = control.enabled,
                 .reason = control.reason};
    ImGui::SetCursorScreenPos({x, at.y});
    const Hit hit = hit_box(part, {w, height});
    if (chosen)
      list.AddRectFilled({x, at.y}, {x + w, at.y + height}, ui.theme.pressed, ui.px(4));
    else if (hit.hovered)
      list.AddRectFilled({x, at.y}, {x + w, at.y + height}, ui.theme.hovered, ui.px(4));
    draw_text(ui, Type::body, {x + pad, at.y + (height - ui.fonts.size(Type::body)) / 2},
              chosen ? ui.theme.accent : ui.theme.soft, names[i]);
    describe(ui, part, {x, at.y}, {x + w, at.y + height}, hit.hovered, chosen ? "on" : "");
    if (hit.pressed && !chosen) {
      index = static_cast<int>(i);
      changed = true;
    }
    x += w;
  }
  if (ui.map.wanted())
    ui.map.add({control.id, at.x, at.y, width, height, index < 0 ? "" : names[static_cast<std::size_t>(index)],
                control.enabled});
  return changed;
}

bool tab(Ui& ui, const Control& control, bool chosen, float pad) {
  pad = ui.px(pad);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 text = measure(ui, Type::body, control.label);
  const ImVec2 size{text.x + 2 * pad, ui.fonts.size(Type::body) + ui.px(13)};
  const Hit hit = hit_box(control, size);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  if (chosen)
    list.AddRectFilled(at, {at.x + size.x, at.y + size.y}, ui.theme.raised, ui.px(4));
  else if (hit.hovered)
    list.AddRectFilled(at, {at.x + size.x, at.y + size.y}, ui.theme.panel, ui.px(4));
  if (chosen)
    list.AddRectFilled({at.x + pad, at.y + size.y - ui.px(3)}, {at.x + size.x - pad, at.y + size.y - ui.px(1)},
                       ui.theme.mark, ui.px(1));
  draw_text(ui, Type::body, {at.x + pad, at.y + (size.y - text.y) / 2}, chosen ? ui.theme.text : ui.theme.soft,
            control.label);
  describe(ui, control, at, {at.x + size.x, at.y + size.y}, hit.hovered, chosen ? "on" : "");
  return hit.pressed;
}

void ground_over_veil(const Ui& ui) {
  const ImVec2 at = ImGui::GetWindowPos(), size = ImGui::GetWindowSize(), to{at.x + size.x, at.y + size.y};
  const float rounding = ImGui::GetStyle().WindowRounding;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.PushClipRectFullScreen();
  list.AddRectFilled({0, 0}, ImGui::GetIO().DisplaySize, kVeil);
  list.AddRectFilled(at, to, ui.theme.panel, rounding);
  list.AddRect(at, to, ui.theme.line, rounding);
  list.PopClipRect();
}

void gap(const Ui& ui, float points) {
  ImGui::Dummy({0, ui.px(points)});
}

}  // namespace headlight::ui
