#include "app/ui/theme.h"

namespace headlight::ui {

namespace {

constexpr ImU32 rgb(unsigned hex, unsigned alpha = 255) {
  return IM_COL32((hex >> 16) & 255u, (hex >> 8) & 255u, hex & 255u, alpha);
}

ImVec4 vec(ImU32 color) {
  return ImGui::ColorConvertU32ToFloat4(color);
}

}  // namespace

Theme dark_theme() {
  return {.dark = true,
          .window = rgb(0x121317),
          .panel = rgb(0x191b22),
          .raised = rgb(0x262933),
          .hovered = rgb(0x323642),
          .pressed = rgb(0x3c414f),
          .line = rgb(0x2a2d37),
          .text = rgb(0xe6e8ee),
          .soft = rgb(0xbabfcb),
          .faint = rgb(0xa5abb9),
          .accent = rgb(0xffb454),
          .mark = rgb(0xffb454),
          .accent_text = rgb(0x241700),
          .accent_soft = rgb(0xffb454, 34),
          .track = rgb(0x343845),
          .good = rgb(0x7fc8a9),
          .bad = rgb(0xf79295),
          .bar = rgb(0x5ea6e8),
          .bar_soft = rgb(0x5b6b80)};
}

Theme light_theme() {
  return {.dark = false,
          .window = rgb(0xf4f4f2),
          .panel = rgb(0xfbfbfa),
          .raised = rgb(0xeaeae7),
          .hovered = rgb(0xdfdfdb),
          .pressed = rgb(0xd6d6d1),
          .line = rgb(0xdcdcd7),
          .text = rgb(0x1d1f24),
          .soft = rgb(0x474b55),
          .faint = rgb(0x545863),
          .accent = rgb(0x784300),
          .mark = rgb(0xb86a00),
          .accent_text = rgb(0xffffff),
          .accent_soft = rgb(0xe08a10, 40),
          .track = rgb(0xcfd0cd),
          .good = rgb(0x185f43),
          .bad = rgb(0x9c2826),
          .bar = rgb(0x2f7ac2),
          .bar_soft = rgb(0xa5b2c2)};
}

void apply(const Theme& theme, float scale) {
  ImGuiStyle style;
  if (theme.dark)
    ImGui::StyleColorsDark(&style);
  else
    ImGui::StyleColorsLight(&style);
  style.WindowPadding = {12, 10};
  style.FramePadding = {9, 5};
  style.ItemSpacing = {8, 6};
  style.ItemInnerSpacing = {6, 4};
  style.WindowRounding = 6;
  style.ChildRounding = 0;
  style.FrameRounding = 4;
  style.PopupRounding = 6;
  style.GrabRounding = 4;
  style.ScrollbarRounding = 4;
  style.ScrollbarSize = 11;
  style.WindowBorderSize = 0;
  style.ChildBorderSize = 0;
  style.PopupBorderSize = 1;
  style.FrameBorderSize = 0;
  style.DisabledAlpha = 0.45f;
  const auto set = [&](ImGuiCol slot, ImU32 color) { style.Colors[slot] = vec(color); };
  set(ImGuiCol_Text, theme.text);
  set(ImGuiCol_TextDisabled, theme.faint);
  set(ImGuiCol_WindowBg, theme.window);
  set(ImGuiCol_ChildBg, 0);
  set(ImGuiCol_PopupBg, theme.panel);
  set(ImGuiCol_Border, theme.line);
  set(ImGuiCol_FrameBg, theme.raised);
  set(ImGuiCol_FrameBgHovered, theme.hovered);
  set(ImGuiCol_FrameBgActive, theme.pressed);
  set(ImGuiCol_TitleBg, theme.panel);
  set(ImGuiCol_TitleBgActive, theme.panel);
  set(ImGuiCol_MenuBarBg, theme.panel);
  set(ImGuiCol_ScrollbarBg, 0);
  set(ImGuiCol_ScrollbarGrab, theme.track);
  set(ImGuiCol_ScrollbarGrabHovered, theme.pressed);
  set(ImGuiCol_ScrollbarGrabActive, theme.pressed);
  set(ImGuiCol_CheckMark, theme.accent);
  set(ImGuiCol_Button, theme.raised);
  set(ImGuiCol_ButtonHovered, theme.hovered);
  set(ImGuiCol_ButtonActive, theme.pressed);
  set(ImGuiCol_Header, theme.accent_soft);
  set(ImGuiCol_HeaderHovered, theme.hovered);
  set(ImGuiCol_HeaderActive, theme.pressed);
  set(ImGuiCol_Separator, theme.line);
  set(ImGuiCol_TableBorderLight, theme.line);
  set(ImGuiCol_TableBorderStrong, theme.line);
  set(ImGuiCol_TableHeaderBg, 0);
  set(ImGuiCol_TableRowBgAlt, 0);
  set(ImGuiCol_TextSelectedBg, theme.accent_soft);
  set(ImGuiCol_NavHighlight, theme.accent);
  set(ImGuiCol_ModalWindowDimBg, 0);  // ground_over_veil() dims
  style.ScaleAllSizes(scale);
  style.PopupBorderSize = 1;
  ImGui::GetStyle() = style;
}

}  // namespace headlight::ui
