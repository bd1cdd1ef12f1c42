#include "app/panels/block_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "app/panels/bench.h"
#include "app/ui/widgets.h"
#include "engine/base/quantity.h"

namespace headlight {
namespace {

constexpr std::array<unsigned, 5> kDark = {0x5ea6e8, 0x77c7a2, 0x9b86e0, 0xd58ab5, 0x8f97a8};
constexpr std::array<unsigned, 5> kLight = {0x2f7ac2, 0x2b8a63, 0x6a52bd, 0xa84c84, 0x6b717d};

ImU32 color_of(const ui::Ui& ui, const vit::BlockCurves::Curve& curve, std::size_t index) {
  if (curve.chosen) return ui.theme.mark;
  const unsigned hex = (ui.theme.dark ? kDark : kLight)[index % kDark.size()];
  return IM_COL32((hex >> 16) & 255u, (hex >> 8) & 255u, hex & 255u, 255);
}

std::string value_text(const vit::BlockCurves& plot, float value) {
  return plot.percent ? vit::percent_text(value) : fmt::format("{:.2f}", value);
}

void draw_axes(const ui::Ui& ui, const vit::BlockCurves& plot, const PlotAxes& axes, int chosen) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float small = ui.fonts.size(ui::Type::small);
  constexpr int kTicks = 4;
  for (int i = 0; i <= kTicks; ++i) {
    const float value = axes.low + (axes.high - axes.low) * static_cast<float>(i) / kTicks;
    const float y = std::floor(axes.at(0, value).y);
    list.AddLine({axes.from.x, y}, {axes.to.x, y}, i == 0 ? ui.theme.track : ui.theme.line);
    const std::string text =
        plot.percent ? vit::percent_mark(value, (axes.high - axes.low) / kTicks) : fmt::format("{:.2g}", value);
    ui::draw_text(ui, ui::Type::small,
                  {axes.from.x - ui.px(6) - ui::measure(ui, ui::Type::small, text).x, y - small / 2}, ui.theme.faint,
                  text);
  }
  const float step = axes.blocks > 1 ? axes.at(1, 0).x - axes.at(0, 0).x : axes.to.x - axes.from.x;
  const float widest = ui::measure(ui, ui::Type::small, std::to_string(axes.blocks - 1)).x + ui.px(6);
  const int every = std::max(1, static_cast<int>(std::ceil(widest / std::max(step, 1.f))));
  for (int block = 0; block < axes.blocks; block += every) {
    const std::string text = std::to_string(block);
    const float x = axes.at(block, 0).x - ui::measure(ui, ui::Type::small, text).x / 2;
    ui::draw_text(ui, ui::Type::small, {x, axes.to.y + ui.px(3)}, block == chosen ? ui.theme.accent : ui.theme.faint,
                  text);
  }
  const float x = axes.at(chosen, 0).x;
  list.AddLine({x, axes.from.y}, {x, axes.to.y}, ui.theme.mark, ui.px(1));
}

void draw_mark(const ui::Ui& ui, const vit::BlockCurves& plot, const PlotAxes& axes) {
  if (plot.mark < 0) return;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float x = axes.at(plot.mark, 0).x, dash = ui.px(4);
  for (float y = axes.from.y; y < axes.to.y; y += 2 * dash)
    list.AddLine({x, y}, {x, std::min(y + dash, axes.to.y)}, ui.theme.soft, ui.px(1));
}

void draw_curves(const ui::Ui& ui, const vit::BlockCurves& plot, const PlotAxes& axes) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  for (std::size_t i = plot.curves.size(); i-- > 0;) {  // the likeliest lies on top
    const vit::BlockCurves::Curve& curve = plot.curves[i];
    const ImU32 color = color_of(ui, curve, i);
    const float thick = ui.px(curve.chosen ? 2.2f : 1.4f);
    for (int block = 0; block < static_cast<int>(curve.values.size()); ++block) {
      const ImVec2 p = axes.at(block, curve.values[static_cast<std::size_t>(block)]);
      if (block > 0)
        list.AddLine(axes.at(block - 1, curve.values[static_cast<std::size_t>(block) - 1]), p, color, thick);
      list.AddCircleFilled(p, ui.px(curve.chosen ? 3 : 2), color);
    }
  }
}

/// A line of names below the axis, with their colours; those that find no room stand on the next. Returns its height.
float draw_names(const ui::Ui& ui, const vit::BlockCurves& plot, ImVec2 from, float width, bool draws) {
  const float small = ui.fonts.size(ui::Type::small), square = ui.px(8);
  ImVec2 at = from;
  for (std::size_t i = 0; i < plot.curves.size(); ++i) {
    const std::string name =
        ui::shortened(ui, ui::Type::small, plot.curves[i].name, std::min(ui.px(150), width - 2 * square), true);
    const float wide = square + ui.px(4) + ui::measure(ui, ui::Type::small, name).x + ui.px(12);
    if (at.x > from.x && at.x + wide > from.x + width + ui.px(12)) at = {from.x, at.y + small + ui.px(4)};
    if (draws) {
      const float y = std::floor(at.y + (small - square) / 2) + ui.px(1);
      ImGui::GetWindowDrawList()->AddRectFilled({at.x, y}, {at.x + square, y + square}, color_of(ui, plot.curves[i], i),
                                                ui.px(2));
      ui::draw_text(ui, ui::Type::small, {at.x + square + ui.px(4), at.y},
                    plot.curves[i].chosen ? ui.theme.text : ui.theme.soft, name);
    }
    at.x += wide;
  }
  return at.y + small + ui.px(2) - from.y;
}

std::string words_of(const vit::BlockCurves& plot, int block) {
  std::string words = fmt::format("after block {}: {}", block, plot.title);
  for (const vit::BlockCurves::Curve& curve : plot.curves)
    words += fmt::format("\n{}  {}", value_text(plot, curve.values[static_cast<std::size_t>(block)]), curve.name);
  return words + "\nClick to go there.";
}

}  // namespace

ImVec2 PlotAxes::at(int block, float value) const {
  const float t = blocks > 1 ? static_cast<float>(block) / static_cast<float>(blocks - 1) : 0.5f;
  const float u = high > low ? std::clamp((value - low) / (high - low), 0.f, 1.f) : 0.f;
  return {from.x + (to.x - from.x) * t, to.y - (to.y - from.y) * u};
}

int PlotAxes::block_at(float x) const {
  if (blocks < 2 || to.x <= from.x) return 0;
  const float t = (x - from.x) / (to.x - from.x) * static_cast<float>(blocks - 1);
  return std::clamp(static_cast<int>(std::lround(t)), 0, blocks - 1);
}

void draw_block_plot(Bench& bench, const vit::BlockCurves& plot, ImVec2 from, ImVec2 size) {
  ui::Ui& ui = bench.ui;
  const float small = ui.fonts.size(ui::Type::small);
  const float names = draw_names(ui, plot, from, size.x, false);
  const int blocks = static_cast<int>(plot.curves.front().values.size());
  const PlotAxes axes{.from = {from.x + ui.px(42), from.y + small + ui.px(10)},
                      .to = {from.x + size.x - ui.px(10), from.y + size.y - names - 2 * small - ui.px(14)},
                      .blocks = blocks,
                      .low = plot.low,
                      .high = plot.high};
  ui::draw_text(ui, ui::Type::small, from, ui.theme.soft, plot.title);
  const float mark_width = ui::measure(ui, ui::Type::small, plot.mark_words).x;
  if (ui::measure(ui, ui::Type::small, plot.title).x + mark_width + ui.px(12) < size.x)
    ui::draw_text(ui, ui::Type::small, {from.x + size.x - mark_width, from.y}, ui.theme.text, plot.mark_words);
  const int chosen = std::clamp(bench.session.view.block, 0, blocks - 1);
  draw_axes(ui, plot, axes, chosen);
  draw_mark(ui, plot, axes);
  draw_curves(ui, plot, axes);
  const std::string below = "after block";
  ui::draw_text(
      ui, ui::Type::small,
      {(axes.from.x + axes.to.x - ui::measure(ui, ui::Type::small, below).x) / 2, axes.to.y + small + ui.px(4)},
      ui.theme.faint, below);
  draw_names(ui, plot, {from.x, from.y + size.y - names}, size.x, true);

  ImGui::SetCursorScreenPos(from);
  const bool pressed = ImGui::InvisibleButton("plot.blocks", size);
  const bool over = ImGui::IsItemHovered();
  if (over) {
    const int block = axes.block_at(ImGui::GetIO().MousePos.x);
    const float x = axes.at(block, 0).x;
    ImGui::GetWindowDrawList()->AddLine({x, axes.from.y}, {x, axes.to.y}, ui.theme.track);
    ui::hint(ui, words_of(plot, block));
    if (pressed) bench.session.select_block(block);
  }
  std::string told;
  for (const vit::BlockCurves::Curve& curve : plot.curves)
    told += (told.empty() ? "" : " ") + fmt::format("{:.4f}", curve.values.back());
  ui::describe(ui, {.id = "plot.blocks", .label = {}}, from, {from.x + size.x, from.y + size.y}, over, told);
}

}  // namespace headlight
