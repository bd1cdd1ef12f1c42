#include "app/pages/grid_page.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/panels/bench.h"
#include "app/panels/color_bar.h"
#include "app/ui/widgets.h"

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

void GridPage::prepare(Bench& bench, const GridPlan& plan) {
  const Session& session = bench.session;
  const View& view = session.view;
  if (!painter_) painter_.emplace();
  painter_->set_colormap(view.colormap);
  if (photo_version_ != session.photo_version()) {
    photo_version_ = session.photo_version();
    painter_->set_photo(session.photo_display());
  }
  TileInputs inputs = tile_inputs(session);
  inputs.trace = maps_.trace().get();
  inputs.query = view.query;
  inputs.width = plan.width;
  inputs.height = plan.height;
  atlas_.prepare(inputs, maps_.count());
}

void GridPage::tile(Bench& bench, int block, int head, ImVec2 at) {
  ui::Ui& ui = bench.ui;
  View& view = bench.session.view;
  const int index = maps_.index_of(block, head);
  const float w = static_cast<float>(atlas_.width()), h = static_cast<float>(atlas_.height());
  const ImVec2 to{at.x + w, at.y + h};
  const bool chosen = view.block == block && view.head == head;
  ImGui::PushID(index);
  ImGui::SetCursorScreenPos(at);
  const bool pressed = ImGui::InvisibleButton("tile", {w, h});
  const bool over = ImGui::IsItemHovered();
  ImGui::PopID();
  if (pressed) {
    bench.session.select_block(block);
    view.head = head;
    if (ImGui::GetIO().MouseClickedLastCount[0] > 1) view.tab = Tab::heads;
  }
  ImDrawList& list = *ImGui::GetWindowDrawList();
  atlas_.show(list, index, at, to);
  if (chosen)
    list.AddRect({at.x - 1.5f, at.y - 1.5f}, {to.x + 1.5f, to.y + 1.5f}, ui.theme.accent, 0, 0, ui.px(2));
  else if (over)
    list.AddRect({at.x - 1, at.y - 1}, {to.x + 1, to.y + 1}, ui.theme.text);
  const vit::TokenGrid& grid = maps_.trace()->grid;
  if (over) {
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    pointed_ = Pointed{
        .block = block,
        .head = head,
        .row = std::clamp(static_cast<int>((mouse.y - at.y) / h * static_cast<float>(grid.rows)), 0, grid.rows - 1),
        .col = std::clamp(static_cast<int>((mouse.x - at.x) / w * static_cast<float>(grid.cols)), 0, grid.cols - 1)};
    if (ImGui::IsMouseClicked(1)) bench.session.set_query(grid.token_of(pointed_->row, pointed_->col));
  }
  const ui::Control control{.id = "grid.tile." + std::to_string(block) + "." + std::to_string(head), .label = {}};
  ui::describe(ui, control, at, to, over, chosen ? "on" : "");
}

void GridPage::read_out(Bench& bench) const {
  if (!pointed_) return;
  const Pointed& p = *pointed_;
  char text[200];
  std::snprintf(
      text, sizeof text,
      "block %d, head %d · patch (%d, %d) · %.4f\nClick to choose it, twice to see it large; right click to ask "
      "this patch.",
      p.block, p.head, p.row, p.col, maps_.value(maps_.index_of(p.block, p.head), p.row, p.col));
  ui::hint(bench.ui, text);
}

void GridPage::draw_head_numbers(const Bench& bench, const GridPlan& plan, ImVec2 at, float step) const {
  const ui::Ui& ui = bench.ui;
  const View& view = bench.session.view;
  const std::string last = std::to_string(plan.columns - 1);
  const float widest = ui::measure(ui, ui::Type::small, last).x + ui.px(6);
  const int every = std::max(1, static_cast<int>(std::ceil(widest / step)));  // where tiles are narrower than numbers
  const bool worded = ui::measure(ui, ui::Type::small, "head " + last).x + ui.px(6) < step;
  for (int h = 0; h < plan.columns; h += every) {
    const std::string name = (worded ? "head " : "") + std::to_string(h);
    const float x = at.x + step * static_cast<float>(h) +
                    (static_cast<float>(plan.width) - ui::measure(ui, ui::Type::small, name).x) / 2;
    ui::draw_text(ui, ui::Type::small, {x, at.y}, view.head == h ? ui.theme.accent : ui.theme.soft, name);
  }
}

void GridPage::draw_legend(Bench& bench, ImVec2 from, float width) const {
  ui::Ui& ui = bench.ui;
  const View& view = bench.session.view;
  const vit::Range range = maps_.range(0, view);
  const bool fixed = view.range_rule == vit::RangeRule::fixed;
  draw_color_scale(ui, view, range, maps_.peak() > range.high, fixed ? "fixed range" : "one range for all maps", from,
                   width);
  const ImVec2 size{width, color_scale_height(ui)};
  ImGui::SetCursorScreenPos(from);
  ImGui::InvisibleButton("grid.legend", size);
  char value[64];
  std::snprintf(value, sizeof value, "%.6g %.6g", range.low, range.high);
  ui::describe(ui,
               {.id = "grid.legend",
                .label = {},
                .tooltip = "Which value has which colour. A shared range ends where 99 % of the values of all blocks "
                           "do, at a quarter of the largest or above: what is beyond has the last colour."},
               from, {from.x + size.x, from.y + size.y}, ImGui::IsItemHovered(), value);
}

void GridPage::draw(Bench& bench, ImVec2 from, ImVec2 size) {
  ui::Ui& ui = bench.ui;
  Session& session = bench.session;
  if (!session.trace() || session.trace()->blocks.empty() || !session.photo()) return;
  const bool fresh = maps_.update(session.trace(), session.view);
  if (maps_.unfinished()) ui.wake(ImGui::GetTime());
  const vit::Trace& trace = *maps_.trace();
  const vit::Box& box = trace.pixels->box;
  const float label = ui.px(62), line = ui.fonts.size(ui::Type::body) + ui.px(10);
  const float scrollbar = ImGui::GetStyle().ScrollbarSize + ui.px(2);

  const std::string query = query_phrase(session.view.query, trace.grid, trace.model->config);
  const bool own_range = session.view.range_rule == vit::RangeRule::per_head;
  const std::string sentence = "Where " + query + " looks: one strip a block, one tile a head, " +
                               (own_range ? "each map in its own range."
                                          : "the same colours for all " + std::to_string(maps_.count()) + " maps.");
  ui::draw_text(ui, ui::Type::body, from, ui.theme.soft, ui::shortened(ui, ui::Type::body, sentence, size.x));
  ui::describe(ui, {.id = "grid.sentence", .label = {}}, from, {from.x + size.x, from.y + line}, false, sentence);
  from.y += line;
  size.y -= line;

  const float numbers = ui.fonts.size(ui::Type::small) + ui.px(4);          // the line above the columns
  const float legend = own_range ? 0 : color_scale_height(ui) + ui.px(14);  // and the colours below the strips
  GridInput in{.size = {size.x - label, size.y - numbers - legend},
               .heads = trace.settings.num_heads,
               .aspect = static_cast<float>(box.width / box.height),
               .gap_px = ui.px(4),
               .strip_gap_px = ui.px(8),
               .smallest_px = ui.px(34),
               .largest_px = ui.px(220)};
  GridPlan plan = plan_grid(in);
  if (plan.scrolls) {
    in.size.x -= scrollbar;
    plan = plan_grid(in);
  }
  const float step_x = static_cast<float>(plan.width) + in.gap_px, step_y = static_cast<float>(plan.height) + in.gap_px;
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
  prepare(bench, plan);
  if (fresh) {
    painter_->set_maps(maps_.values(), trace.grid.rows, trace.grid.cols);
    atlas_.forget();
  }

  ImGui::SetCursorScreenPos(from);
  ImGui::BeginChild("blocks", size, false, plan.scrolls ? 0 : ImGuiWindowFlags_NoScrollbar);
  const ImVec2 origin = ImGui::GetCursorScreenPos();
  const float top = ImGui::GetScrollY(), bottom = top + size.y;
  struct Place {
    int block, head;
    ImVec2 at;
  };
  std::vector<Place> places;  // of the tiles that are seen
  std::vector<int> indices;
  for (int b = 0; b < maps_.blocks(); ++b) {
    const float y = plan.strip_y[static_cast<std::size_t>(b)];
    if (y > bottom || plan.strip_y[static_cast<std::size_t>(b) + 1] < top) continue;
    const bool chosen = session.view.block == b;
    const std::string name = "block " + std::to_string(b);
    ui::draw_text(ui, ui::Type::small,
                  {origin.x, origin.y + y + std::min(static_cast<float>(plan.height) / 2, ui.px(40)) - ui.px(6)},
                  chosen ? ui.theme.accent : ui.theme.soft, name);
    for (int h = 0; h < maps_.heads(b); ++h) {
      const float tile_y = y + static_cast<float>(h / plan.columns) * step_y;
      if (tile_y > bottom || tile_y + step_y < top) continue;
      places.push_back({b,
                        h,
                        {std::floor(origin.x + label + static_cast<float>(h % plan.columns) * step_x),
                         std::floor(origin.y + tile_y)}});
      indices.push_back(maps_.index_of(b, h));
    }
  }
  atlas_.paint(*painter_, session, indices, [&](int index) { return maps_.range(index, session.view); });
  pointed_.reset();
  for (const Place& place : places) tile(bench, place.block, place.head, place.at);
  ImGui::SetCursorScreenPos({origin.x, origin.y + plan.strip_y.back() - in.strip_gap_px});
  ImGui::Dummy({1, 1});
  ImGui::EndChild();
  read_out(bench);
}

}  // namespace headlight
