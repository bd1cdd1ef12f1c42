#include "app/panels/head_heat.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/panels/bench.h"
#include "app/panels/head_switch.h"
#include "app/panels/tile_grid.h"
#include "app/ui/widgets.h"

namespace headlight {
namespace {

constexpr float kLeastCell = 13, kMostHeight = 34, kMostWidth = 96, kGap = 2;  // points

/// Black or white, whichever is read better on the colour.
ImU32 ink_on(const std::array<std::uint8_t, 3>& c) {
  const double light = 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
  return light > 110 ? IM_COL32(0, 0, 0, 255) : IM_COL32(255, 255, 255, 255);
}

}  // namespace

vit::Range range_of_numbers(const std::vector<float>& values) {
  std::vector<float> known;
  known.reserve(values.size());
  for (const float value : values)
    if (!std::isnan(value)) known.push_back(value);
  return vit::range_of(known);
}

float draw_head_heat(Bench& bench, const HeatNumbers& numbers, ImVec2 from, ImVec2 size, int& hovered) {
  ui::Ui& ui = bench.ui;
  const vit::MapSet& set = bench.maps.set();
  View& view = bench.session.view;
  const std::vector<int> heads = set.trace->settings.head_counts();
  const int most = *std::max_element(heads.begin(), heads.end()), depth = static_cast<int>(heads.size());
  const float line = ui.fonts.size(ui::Type::small), gap = ui.px(kGap);
  const float label = std::ceil(ui::measure(ui, ui::Type::small, "block 00").x) + ui.px(8);
  const float head = 2 * line + ui.px(10);  // title, and the numbers of the heads
  const float room_x = size.x - label, room_y = size.y - head;
  // One line a block; where the heads are many, cells get narrow, and the numbers in them go.
  const float cell_x =
      std::max(ui.px(2), std::min(ui.px(kMostWidth), std::floor(room_x / static_cast<float>(most)) - gap));
  const float cell_y =
      std::clamp(std::floor(room_y / static_cast<float>(depth)) - gap, ui.px(kLeastCell), ui.px(kMostHeight));
  const vit::ColorTable& table = vit::color_table(view.look.colormap);
  ui::draw_text(ui, ui::Type::strong, from, ui.theme.text, ui::shortened(ui, ui::Type::strong, numbers.title, size.x));

  const float widest = ui::measure(ui, ui::Type::small, std::to_string(most - 1)).x + ui.px(4);
  const int every = std::max(1, static_cast<int>(std::ceil(widest / (cell_x + gap))));
  for (int h = 0; h < most; h += every) {
    const std::string name = std::to_string(h);
    const float x = from.x + label + (cell_x + gap) * static_cast<float>(h) +
                    (cell_x - ui::measure(ui, ui::Type::small, name).x) / 2;
    ui::draw_text(ui, ui::Type::small, {x, from.y + line + ui.px(8)}, view.head == h ? ui.theme.accent : ui.theme.soft,
                  name);
  }
  const float height = static_cast<float>(depth) * (cell_y + gap);
  ImGui::SetCursorScreenPos({from.x, from.y + head});
  const bool scrolls = height > room_y + 1;
  ImGui::BeginChild("heat", {size.x, room_y}, false, scrolls ? 0 : ImGuiWindowFlags_NoScrollbar);
  const ImVec2 origin = ImGui::GetCursorScreenPos();
  ImDrawList& inside = *ImGui::GetWindowDrawList();
  const int chosen = bench.maps.chosen(view);
  float largest = 0;
  for (const float value : numbers.values)
    if (!std::isnan(value)) largest = std::max(largest, std::abs(value));
  int index = 0;
  for (int b = 0; b < depth; ++b) {
    const float y = origin.y + (cell_y + gap) * static_cast<float>(b);
    ui::draw_text(ui, ui::Type::small, {origin.x, y + (cell_y - line) / 2},
                  view.block == b ? ui.theme.accent : ui.theme.soft, "block " + std::to_string(b));
    for (int h = 0; h < heads[static_cast<std::size_t>(b)]; ++h, ++index) {
      const float value = numbers.values[static_cast<std::size_t>(index)];
      const ImVec2 at{origin.x + label + (cell_x + gap) * static_cast<float>(h), y}, to{at.x + cell_x, at.y + cell_y};
      ImGui::PushID(index);
      ImGui::SetCursorScreenPos(at);
      const bool pressed = ImGui::InvisibleButton("cell", {cell_x, cell_y}), over = ImGui::IsItemHovered();
      ImGui::PopID();
      ImU32 ink = ui.theme.text;
      if (std::isnan(value) || numbers.bars) {
        inside.AddRectFilled(at, to, ui.theme.panel);
        if (numbers.bars && !std::isnan(value) && largest > 0)
          inside.AddRectFilled({at.x, to.y - ui.px(4)}, {at.x + cell_x * std::abs(value) / largest, to.y},
                               value < 0 ? ui.theme.mark : ui.theme.bar);
      } else {
        const auto color = vit::color_of(value, numbers.range, table);
        inside.AddRectFilled(at, to, IM_COL32(color[0], color[1], color[2], 255));
        ink = ink_on(color);
      }
      const std::string words = std::isnan(value) ? "–" : numbers.words(index);
      const ImVec2 extent = ui::measure(ui, ui::Type::small, words);
      if (extent.x + ui.px(4) <= cell_x && extent.y <= cell_y)
        ui::draw_text(ui, ui::Type::small,
                      {at.x + (cell_x - extent.x) / 2, at.y + (cell_y - extent.y - (numbers.bars ? ui.px(4) : 0)) / 2},
                      ink, words);
      const vit::MapLabel& of = bench.maps.label(index);
      if (bench.session.head_off(of.block, of.head))
        inside.AddLine({at.x, to.y}, {to.x, at.y}, ui.theme.mark, ui.px(1.5f));
      if (index == chosen)
        inside.AddRect({at.x - 1, at.y - 1}, {to.x + 1, to.y + 1}, ui.theme.mark, 0, 0, ui.px(2));
      else if (over)
        inside.AddRect({at.x - 1, at.y - 1}, {to.x + 1, to.y + 1}, ui.theme.text);
      if (pressed) {
        choose(view, bench.maps.set(), index);
        if (ImGui::GetIO().MouseClickedLastCount[0] > 1) view.page = "heads";
      }
      if (over) {
        hovered = index;
        ui::hint(ui, fmt::format("block {}, head {}\n{}: {}", of.block, of.head, numbers.title, words) +
                         "\nClick: this head; twice: its maps.");
      }
      ui::describe(ui, {.id = fmt::format("heat.{}.{}", of.block, of.head), .label = {}}, at, to, over, words);
    }
  }
  ImGui::SetCursorScreenPos({origin.x, origin.y + height});
  ImGui::Dummy({1, 1});
  ImGui::EndChild();
  return head + std::min(height, room_y);
}

}  // namespace headlight
