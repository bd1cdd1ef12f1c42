#include "app/pages/grid_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/panels/bench.h"
#include "app/panels/color_bar.h"
#include "app/panels/tile_grid.h"
#include "app/ui/widgets.h"
#include "engine/base/quantity.h"

namespace headlight {
namespace {

float lines_of(int heads, int columns) {
  return static_cast<float>((heads + columns - 1) / columns);
}

float grid_height(const GridInput& in, int columns, float tile_height) {
  float height = -in.strip_gap_px;
  for (const int heads : in.heads)
    height += lines_of(heads, columns) * (tile_height + in.gap_px) - in.gap_px + in.strip_gap_px;
  return height;
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
  const bool over = ImGui::IsItemHovered();
  ImGui::PopID();
  if (pressed) {
    choose(view, label);
    if (ImGui::GetIO().MouseClickedLastCount[0] > 1) view.page = "heads";
  }
  ImDrawList& list = *ImGui::GetWindowDrawList();
  atlas_.show(list, index, at, to);
  if (chosen)
    list.AddRect({at.x - 1.5f, at.y - 1.5f}, {to.x + 1.5f, to.y + 1.5f}, ui.theme.accent, 0, 0, ui.px(2));
  else if (over)
    list.AddRect({at.x - 1, at.y - 1}, {to.x + 1, to.y + 1}, ui.theme.text);
  if (over) {
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const auto at_patch = [](float px, float extent, int count) {
      return std::clamp(static_cast<int>(px / extent * static_cast<float>(count)), 0, count - 1);
    };
    pointed_ = Pointed{index, at_patch(mouse.y - at.y, h, set.rows), at_patch(mouse.x - at.x, w, set.cols)};
    if (ImGui::IsMouseClicked(1)) bench.session.set_query(bench.maps.grid().token_of(pointed_->row, pointed_->col));
  }
  const ui::Control control{.id = fmt::format("grid.tile.{}.{}", label.block, label.head), .label = {}};
  ui::describe(ui, control, at, to, over, chosen ? "on" : "");
}

void GridPage::read_out(Bench& bench) const {
  if (!pointed_) return;
  const vit::MapLabel& label = bench.maps.label(pointed_->index);
  ui::hint(bench.ui,
           fmt::format("block {}, head {} · patch ({}, {}) · {:.4f}\nClick to choose it, twice to see it large; "
                       "right click to ask this patch.",
                       label.block, label.head, pointed_->row, pointed_->col,
                       bench.maps.set().value(pointed_->index, pointed_->row, pointed_->col)));
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

void GridPage::draw_legend(Bench& bench, ImVec2 from, float width) {
  ui::Ui& ui = bench.ui;
  const vit::Look& look = bench.session.view.look;
  const vit::Range range = bench.maps.set().range(0, look);
  const bool fixed = look.range_rule == vit::RangeRule::fixed;
  draw_color_scale(ui, look.colormap, range, bench.maps.peak(0, look.range_rule) > range.high,
                   fixed ? "fixed range" : "one range for all maps", from, width);
  const ImVec2 size{width, color_scale_height(ui)};
  ImGui::SetCursorScreenPos(from);
  ImGui::InvisibleButton("grid.legend", size);
  ui::describe(ui,
               {.id = "grid.legend",
                .label = {},
                .tooltip = "Which value has which colour. One range for all maps ends where 99.5 % of their values "
                           "do: what is beyond has the last colour."},
               from, {from.x + size.x, from.y + size.y}, ImGui::IsItemHovered(),
               fmt::format("{:.6g} {:.6g}", range.low, range.high));
}

void GridPage::draw(Bench& bench, const Area& area) {
  ui::Ui& ui = bench.ui;
  Session& session = bench.session;
  const vit::MapSet& set = bench.maps.set();
  const vit::Trace& trace = *set.trace;
  ImVec2 from = area.from, size = area.size;
  const float label = ui.px(62), line = ui.fonts.size(ui::Type::body) + ui.px(10);
  const float scrollbar = ImGui::GetStyle().ScrollbarSize + ui.px(2);

  const std::string query = vit::query_phrase(set.question.query, trace.grid, trace.model->config);
  const vit::RangeRule rule = session.view.look.range_rule;
  const bool one_range = rule == vit::RangeRule::all || rule == vit::RangeRule::fixed;
  const std::string sentence =
      "Where " + query + " looks: one strip a block, one tile a head, " +
      (rule == vit::RangeRule::per_head ? std::string("each map in its own range.")
       : one_range                      ? "the same colours for all " + std::to_string(set.count()) + " maps."
                   : std::string("the same colours within a block; its brightest value stands at its name."));
  ui::draw_text(ui, ui::Type::body, from, ui.theme.soft, ui::shortened(ui, ui::Type::body, sentence, size.x));
  ui::describe(ui, {.id = "grid.sentence", .label = {}}, from, {from.x + size.x, from.y + line}, false, sentence);
  from.y += line;
  size.y -= line;

  const float numbers = ui.fonts.size(ui::Type::small) + ui.px(4);          // the line above the columns
  const float legend = one_range ? color_scale_height(ui) + ui.px(14) : 0;  // and the colours below the strips
  GridInput in{.size = {size.x - label, size.y - numbers - legend},
               .heads = trace.settings.head_counts(),
               .aspect = static_cast<float>(set.cols) / static_cast<float>(set.rows),
               .gap_px = ui.px(4),
               .strip_gap_px = ui.px(8),
               .smallest_px = ui.px(34),
               .largest_px = ui.px(220)};
  GridPlan plan = plan_grid(in);
  if (plan.scrolls) {
    in.size.x -= scrollbar;
    plan = plan_grid(in);
  }
  const float step_x = static_cast<float>(plan.width) + in.gap_px;
  if (plan.one_line) {
    draw_head_numbers(bench, plan, {from.x + label, from.y}, step_x);
    from.y += numbers;
    size.y -= numbers;
  }
  size.y -= legend;
  const float strips = plan.scrolls ? size.y : std::min(size.y, plan.strip_y.back() - in.strip_gap_px);
  if (legend > 0) {
    const float wide = static_cast<float>(plan.columns) * step_x - in.gap_px;
    draw_legend(bench, {from.x + label, std::floor(from.y + strips + ui.px(12))},
                std::clamp(wide, std::min(ui.px(160), in.size.x), ui.px(420)));
  }
  draw_strips(bench, plan, in, from, size);
  read_out(bench);
}

void GridPage::draw_strips(Bench& bench, const GridPlan& plan, const GridInput& in, ImVec2 from, ImVec2 size) {
  ui::Ui& ui = bench.ui;
  const vit::MapSet& set = bench.maps.set();
  const float label = ui.px(62);
  const float step_x = static_cast<float>(plan.width) + in.gap_px, step_y = static_cast<float>(plan.height) + in.gap_px;
  atlas_.prepare({.maps = set.serial,
                  .photo = bench.photo.version,
                  .look = bench.session.view.look,
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
    const bool chosen = bench.session.view.block == b;
    ui::draw_text(ui, ui::Type::small,
                  {origin.x, origin.y + y + std::min(static_cast<float>(plan.height) / 2, ui.px(40)) - ui.px(6)},
                  chosen ? ui.theme.accent : ui.theme.soft, "block " + std::to_string(b));
    if (bench.session.view.look.range_rule == vit::RangeRule::shared && heads > 0)  // the scale of its colours
      ui::draw_text(ui, ui::Type::small,
                    {origin.x, origin.y + y + std::min(static_cast<float>(plan.height) / 2, ui.px(40)) + ui.px(8)},
                    ui.theme.soft, "≤ " + vit::share_text(set.range(first, bench.session.view.look).high) + " %");
    for (int h = 0; h < heads; ++h) {
      const float tile_y = y + static_cast<float>(h / plan.columns) * step_y;
      if (tile_y > bottom || tile_y + step_y < top) continue;
      seen.push_back(first + h);
      places.push_back({std::floor(origin.x + label + static_cast<float>(h % plan.columns) * step_x),
                        std::floor(origin.y + tile_y)});
    }
  }
  atlas_.paint(bench.painter, tile_photo(bench), set, seen);
  pointed_.reset();
  for (std::size_t i = 0; i < seen.size(); ++i) tile(bench, seen[i], places[i]);
  ImGui::SetCursorScreenPos({origin.x, origin.y + plan.strip_y.back() - in.strip_gap_px});
  ImGui::Dummy({1, 1});
  ImGui::EndChild();
}

}  // namespace headlight
