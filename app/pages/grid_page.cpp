#include "app/pages/grid_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/panels/bench.h"
#include "app/panels/head_switch.h"
#include "app/panels/map_strip.h"
#include "app/panels/tile_grid.h"
#include "app/ui/widgets.h"
#include "engine/maps/map_facts.h"

namespace headlight {
namespace {

float lines_of(int heads, int columns) {
  const int lines = (heads + columns - 1) / columns;
  return static_cast<float>(lines);
}

float grid_height(const GridInput& in, int columns, float tile_height) {
  float height = -in.strip_gap_px;
  for (const int heads : in.heads)
    height += lines_of(heads, columns) * (tile_height + in.gap_px) - in.gap_px + in.strip_gap_px;
  return height;
}

float label_width(const Bench& bench) {
  return std::ceil(ui::measure(bench.ui, ui::Type::small, "block 00").x) + bench.ui.px(8);
}

/// The block's number, and under it the upper end of its colours where it has a range of its own.
void draw_block_label(Bench& bench, int block, int first, int heads, ImVec2 at, float height) {
  const ui::Ui& ui = bench.ui;
  const vit::MapSet& set = bench.maps.set();
  const vit::Look& look = bench.session.view.look;
  const float line = ui.fonts.size(ui::Type::small) + ui.px(1);
  const bool scaled = look.range_rule == vit::RangeRule::shared && heads > 0 && 2 * line <= height;
  const float y = at.y + std::max(0.f, (height - (scaled ? 2 * line : line)) / 2);
  ui::draw_text(ui, ui::Type::small, {at.x, y}, bench.session.view.block == block ? ui.theme.accent : ui.theme.text,
                "block " + std::to_string(block));
  if (scaled)
    ui::draw_text(ui, ui::Type::small, {at.x, y + line}, ui.theme.soft,
                  "≤ " + vit::even_text(set, set.range(first, look).high));
}

}  // namespace

GridPlan plan_grid(const GridInput& in) {
  GridPlan plan;
  const int most = *std::max_element(in.heads.begin(), in.heads.end());
  float width = std::floor(in.largest_px);
  const auto columns_of = [&](float w) {
    return std::clamp(static_cast<int>((in.size.x + in.gap_px) / (w + in.gap_px)), 1, most);
  };
  while (width > in.smallest_px &&
         (width > in.size.x || grid_height(in, columns_of(width), std::floor(width / in.aspect)) > in.size.y))
    width -= 1;
  // A block in one line reads best: smaller tiles are worth it, down to three quarters.
  const float one_line = std::floor((in.size.x + in.gap_px) / static_cast<float>(most) - in.gap_px);
  if (columns_of(width) < most && one_line >= in.smallest_px && one_line >= 0.75f * width) width = one_line;
  plan.columns = columns_of(width);
  plan.width = std::max(1, static_cast<int>(width));
  plan.height = std::max(1, static_cast<int>(std::floor(width / in.aspect)));
  plan.scrolls = grid_height(in, plan.columns, static_cast<float>(plan.height)) > in.size.y;
  plan.one_line = plan.columns == most;
  float y = 0;
  for (const int heads : in.heads) {
    plan.strip_y.push_back(y);
    y += lines_of(heads, plan.columns) * (static_cast<float>(plan.height) + in.gap_px) - in.gap_px + in.strip_gap_px;
  }
  plan.strip_y.push_back(y);
  return plan;
}

std::optional<vit::Question> GridPage::question(const Bench& bench) const {
  return question_of(*analysis_, bench);
}

void GridPage::tile(Bench& bench, int index, ImVec2 at) {
  ui::Ui& ui = bench.ui;
  View& view = bench.session.view;
  const vit::MapSet& set = bench.maps.set();
  const vit::MapLabel& label = bench.maps.label(index);
  const float w = static_cast<float>(atlas_.width()), h = static_cast<float>(atlas_.height());
  const ImVec2 to{at.x + w, at.y + h};
  const bool chosen = view.block == label.block && view.head == label.head;
  ImGui::PushID(index);
  ImGui::SetCursorScreenPos(at);
  const bool pressed = ImGui::InvisibleButton("tile", {w, h});
  const bool over = ImGui::IsItemHovered(), asks = ImGui::GetIO().KeyAlt;
  ImGui::PopID();
  ImDrawList& list = *ImGui::GetWindowDrawList();
  atlas_.show(list, index, at, to);
  const bool over_switch = draw_head_switch(bench, label, at, to, over);
  if (chosen)
    list.AddRect({at.x - 1.5f, at.y - 1.5f}, {to.x + 1.5f, to.y + 1.5f}, ui.theme.mark, 0, 0, ui.px(2));
  else if (over)
    list.AddRect({at.x - 1, at.y - 1}, {to.x + 1, to.y + 1}, ui.theme.text);
  if (over && !over_switch) {
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const auto at_patch = [](float px, float extent, int count) {
      return std::clamp(static_cast<int>(px / extent * static_cast<float>(count)), 0, count - 1);
    };
    const PatchAt patch{at_patch(mouse.y - at.y, h, set.rows), at_patch(mouse.x - at.x, w, set.cols)};
    bench.hover.find(patch, index);
    if (pressed && asks) bench.session.set_query_of(*set.trace, bench.maps.grid().token_of(patch.row, patch.col));
    if (pressed && !asks) {
      choose(view, set, index);
      if (ImGui::GetIO().MouseClickedLastCount[0] > 1) view.page = "heads";
    }
  }
  const ui::Control control{.id = fmt::format("grid.tile.{}.{}", label.block, label.head), .label = {}};
  ui::describe(ui, control, at, to, over, chosen ? "on" : "");
}

void GridPage::draw_head_numbers(const Bench& bench, const GridPlan& plan, ImVec2 at, float step) {
  const ui::Ui& ui = bench.ui;
  const std::string last = std::to_string(plan.columns - 1);
  const float widest = ui::measure(ui, ui::Type::small, last).x + ui.px(6);
  const int every = std::max(1, static_cast<int>(std::ceil(widest / step)));  // where tiles are narrower than numbers
  const bool worded = ui::measure(ui, ui::Type::small, "head " + last).x + ui.px(6) < step;
  for (int h = 0; h < plan.columns; h += every) {
    const std::string name = (worded ? "head " : "") + std::to_string(h);
    const float x = at.x + step * static_cast<float>(h) +
                    (static_cast<float>(plan.width) - ui::measure(ui, ui::Type::small, name).x) / 2;
    const bool chosen = bench.session.view.head == h;
    ui::draw_text(ui, ui::Type::small, {x, at.y}, chosen ? ui.theme.accent : ui.theme.soft, name);
  }
}

void GridPage::draw(Bench& bench, const Area& area) {
  const int chosen = bench.maps.chosen(bench.session.view);
  const auto room = frame_.draw(bench, *analysis_, chosen, area.from, area.size, kMediumPicture);
  if (!room) return;
  draw_navigator(bench, room->from, room->size);
  draw_read_out(bench);
}

void GridPage::draw_navigator(Bench& bench, ImVec2 from, ImVec2 size) {
  const ui::Ui& ui = bench.ui;
  const vit::MapSet& set = bench.maps.set();
  const vit::Trace& trace = *set.trace;
  const float scrollbar = ImGui::GetStyle().ScrollbarSize + ui.px(2), label = label_width(bench);
  const float numbers = ui.fonts.size(ui::Type::small) + ui.px(4);  // the line above the columns
  GridInput in{.size = {size.x - label, size.y - numbers},
               .heads = trace.settings.head_counts(),
               .aspect = static_cast<float>(set.cols) / static_cast<float>(set.rows),
               .gap_px = ui.px(3),
               .strip_gap_px = ui.px(3),
               .smallest_px = ui.px(24),
               .largest_px = ui.px(140)};
  GridPlan plan = plan_grid(in);
  if (plan.scrolls) {
    in.size.x -= scrollbar;
    plan = plan_grid(in);
  }
  const float step_x = static_cast<float>(plan.width) + in.gap_px;
  if (plan.one_line) draw_head_numbers(bench, plan, {from.x + label, from.y}, step_x);
  draw_strips(bench, plan, in, {from.x, from.y + numbers}, {size.x, size.y - numbers});
}

void GridPage::draw_strips(Bench& bench, const GridPlan& plan, const GridInput& in, ImVec2 from, ImVec2 size) {
  const vit::MapSet& set = bench.maps.set();
  const float label = label_width(bench);
  const float step_x = static_cast<float>(plan.width) + in.gap_px, step_y = static_cast<float>(plan.height) + in.gap_px;
  atlas_.prepare({.maps = set.serial,
                  .photo = bench.photo.version,
                  .look = tile_look(bench),
                  .width = plan.width,
                  .height = plan.height},
                 set.count());
  ImGui::SetCursorScreenPos(from);
  ImGui::BeginChild("grid", size, false, plan.scrolls ? 0 : ImGuiWindowFlags_NoScrollbar);
  const ImVec2 origin = ImGui::GetCursorScreenPos();
  const float top = ImGui::GetScrollY(), bottom = top + size.y;
  std::vector<int> seen;
  std::vector<ImVec2> places;
  int index = 0;
  for (int b = 0; b < static_cast<int>(in.heads.size()); ++b) {
    const int heads = in.heads[static_cast<std::size_t>(b)], first = index;
    index += heads;
    const float y = plan.strip_y[static_cast<std::size_t>(b)];
    if (y > bottom || plan.strip_y[static_cast<std::size_t>(b) + 1] < top) continue;
    draw_block_label(bench, b, first, heads, {origin.x, origin.y + y}, static_cast<float>(plan.height));
    for (int h = 0; h < heads; ++h) {
      const int line = h / plan.columns;
      const float tile_y = y + static_cast<float>(line) * step_y;
      if (tile_y > bottom || tile_y + step_y < top) continue;
      seen.push_back(first + h);
      places.push_back({std::floor(origin.x + label + static_cast<float>(h % plan.columns) * step_x),
                        std::floor(origin.y + tile_y)});
    }
  }
  atlas_.paint(bench.painter, tile_photo(bench), set, seen);
  for (std::size_t i = 0; i < seen.size(); ++i) tile(bench, seen[i], places[i]);
  ImGui::SetCursorScreenPos({origin.x, origin.y + plan.strip_y.back() - in.strip_gap_px});
  ImGui::Dummy({1, 1});
  ImGui::EndChild();
}

}  // namespace headlight
