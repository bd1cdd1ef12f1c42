#include "app/ui/text.h"

#include <cfloat>

namespace headlight::ui {

ImVec2 measure(const Ui& ui, Type type, std::string_view text, float wrap) {
  return ui.fonts.font(type)->CalcTextSizeA(ui.fonts.size(type), FLT_MAX, wrap, text.data(), text.data() + text.size());
}

void draw_text(const Ui& ui, Type type, ImVec2 at, ImU32 color, std::string_view text, float wrap) {
  at = {static_cast<float>(static_cast<int>(at.x)), static_cast<float>(static_cast<int>(at.y))};
  ImGui::GetWindowDrawList()->AddText(ui.fonts.font(type), ui.fonts.size(type), at, color, text.data(),
                                      text.data() + text.size(), wrap);
}

void draw_text(const Ui& ui, ImDrawList* list, Type type, ImVec2 at, ImU32 color, std::string_view text) {
  at = {static_cast<float>(static_cast<int>(at.x)), static_cast<float>(static_cast<int>(at.y))};
  list->AddText(ui.fonts.font(type), ui.fonts.size(type), at, color, text.data(), text.data() + text.size());
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
  if (measure(ui, type, text).x <= width) return std::string(text);
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

}  // namespace headlight::ui
