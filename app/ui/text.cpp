#include "app/ui/text.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <vector>

#include "app/ui/wrap.h"

namespace headlight::ui {

namespace {

ImVec2 snapped(ImVec2 at) {
  return {static_cast<float>(static_cast<int>(at.x)), static_cast<float>(static_cast<int>(at.y))};
}

/// Dear ImGui's own wrapping may break behind a full stop or a comma, and so inside a number.
std::vector<std::string_view> lines_of(const Ui& ui, Type type, std::string_view text, float wrap) {
  return wrap_lines(text, wrap, [&](std::string_view piece) { return piece.empty() ? 0 : measure(ui, type, piece).x; });
}

/// For the UI map: where it is, and whether it reaches beyond the sides of its part of the window. Above and below,
/// scrolling decides. A window that appears is hidden until it knows its size.
void note(const Ui& ui, const ImDrawList& list, Type type, ImVec2 at, std::string_view text) {
  const ImVec2 from = list.GetClipRectMin(), to = list.GetClipRectMax(), size = measure(ui, type, text);
  if (text.empty() || ImGui::IsWindowAppearing() || at.y + size.y <= from.y || at.y >= to.y) return;
  ui.map.add(DrawnText{std::string(text), at.x, at.y, size.x, size.y, &list});
  const float seen = std::min(at.x + size.x, to.x) - std::max(at.x, from.x);
  if (seen < size.x - 1) ui.map.add(SqueezedText{std::string(text), size.x, std::max(seen, 0.f)});
}

}  // namespace

ImVec2 measure(const Ui& ui, Type type, std::string_view text, float wrap) {
  const float size = ui.fonts.size(type);
  if (wrap <= 0) return ui.fonts.font(type)->CalcTextSizeA(size, FLT_MAX, 0, text.data(), text.data() + text.size());
  ImVec2 extent{0, 0};
  for (const std::string_view line : lines_of(ui, type, text, wrap)) {
    if (!line.empty()) extent.x = std::max(extent.x, measure(ui, type, line).x);
    extent.y += size;
  }
  return extent;
}

void draw_text(const Ui& ui, Type type, ImVec2 at, ImU32 color, std::string_view text, float wrap) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  if (wrap <= 0) return draw_text(ui, list, type, at, color, text);
  for (const std::string_view line : lines_of(ui, type, text, wrap)) {
    if (!line.empty()) draw_text(ui, list, type, at, color, line);
    at.y += ui.fonts.size(type);
  }
}

void draw_text(const Ui& ui, ImDrawList* list, Type type, ImVec2 at, ImU32 color, std::string_view text) {
  if (ui.map.wanted()) note(ui, *list, type, snapped(at), text);
  list->AddText(ui.fonts.font(type), ui.fonts.size(type), snapped(at), color, text.data(), text.data() + text.size());
}

void text(const Ui& ui, Type type, ImU32 color, std::string_view text) {
  draw_text(ui, type, ImGui::GetCursorScreenPos(), color, text);
  ImGui::Dummy(measure(ui, type, text));
}

void wrapped(const Ui& ui, Type type, ImU32 color, std::string_view text) {
  const float width = ImGui::GetContentRegionAvail().x;
  draw_text(ui, type, ImGui::GetCursorScreenPos(), color, text, width);
  ImGui::Dummy(measure(ui, type, text, width));
}

void heading(const Ui& ui, std::string_view title, std::string_view remark) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  draw_text(ui, Type::small, {at.x, at.y + ui.px(2)}, ui.theme.faint, title);
  if (!remark.empty()) {
    const float w = measure(ui, Type::small, remark).x;
    draw_text(ui, Type::small, {at.x + width - w, at.y + ui.px(2)}, ui.theme.faint, remark);
  }
  ImGui::Dummy({width, ui.fonts.size(Type::small) + ui.px(6)});
}

void label_value(const Ui& ui, std::string_view label, std::string_view value) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  draw_text(ui, Type::body, at, ui.theme.soft, label);
  const float room = width - measure(ui, Type::body, label).x - ui.px(10);
  const std::string fitted = shortened(ui, Type::body, value, room, true);
  draw_text(ui, Type::body, {at.x + width - measure(ui, Type::body, fitted).x, at.y}, ui.theme.text, fitted);
  ImGui::Dummy({width, ui.fonts.size(Type::body)});
}

std::string shortened(const Ui& ui, Type type, std::string_view text, float width, bool in_the_middle) {
  const float needs = measure(ui, type, text).x;
  if (needs <= width) return std::string(text);
  if (ui.map.wanted() && !in_the_middle) ui.map.add(SqueezedText{std::string(text), needs, width});
  const auto starts_character = [&](std::size_t i) {
    return i >= text.size() || (static_cast<unsigned char>(text[i]) & 0xC0u) != 0x80u;
  };
  std::string best = "…";
  std::size_t low = 0, high = text.size();
  while (low < high) {  // the most bytes that fit
    std::size_t keep = (low + high + 1) / 2;
    std::size_t head = in_the_middle ? keep / 2 : keep;
    std::size_t tail = in_the_middle ? keep - head : 0;
    while (head > 0 && !starts_character(head)) --head;
    while (tail > 0 && !starts_character(text.size() - tail)) --tail;
    std::string cut = std::string(text.substr(0, head)) + "…" + std::string(text.substr(text.size() - tail));
    if (measure(ui, type, cut).x <= width) {
      best = std::move(cut);
      low = keep;
    } else {
      high = keep - 1;
    }
  }
  return best;
}

std::string shortened_to_fit(const Ui& ui, Type type, std::string_view text, float wrap, float height) {
  const auto fit = static_cast<std::size_t>(std::max(1.f, std::floor(height / ui.fonts.size(type) + 0.01f)));
  const std::vector<std::string_view> lines = lines_of(ui, type, text, wrap);
  if (lines.size() <= fit) return std::string(text);
  if (ui.map.wanted())
    ui.map.add(SqueezedText{std::string(text), measure(ui, type, text).x, wrap * static_cast<float>(fit)});
  const std::string_view last = lines[fit - 1];
  const auto before = static_cast<std::size_t>(last.data() - text.data());
  // The "…" takes the place of as much of the last line's end as it needs.
  return std::string(text.substr(0, before)) + shortened(ui, type, std::string(last) + "…", wrap);
}

}  // namespace headlight::ui
