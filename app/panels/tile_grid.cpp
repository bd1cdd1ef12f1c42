#include "app/panels/tile_grid.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <vector>

#include "app/panels/bench.h"
#include "app/ui/widgets.h"
#include "app/words/quantity.h"

namespace headlight {

TilePlan plan_tiles(ImVec2 area, int count, float aspect, float caption_px, float gap_px, float smallest_px) {
  const auto size_with = [&](int columns, float width) {
    const float w = std::floor((width + gap_px) / static_cast<float>(columns) - gap_px);
    return std::pair{w, std::round(w / aspect)};
  };
  TilePlan best;
  for (int columns = 1; columns <= count; ++columns) {
    const int rows = (count + columns - 1) / columns;
    auto [w, h] = size_with(columns, area.x);
    const float most = std::floor((area.y + gap_px) / static_cast<float>(rows) - gap_px - caption_px);
    if (h > most) {
      h = most;
      w = std::floor(h * aspect);
    }
    if (w > static_cast<float>(best.width)) best = {columns, static_cast<int>(w), static_cast<int>(h), false};
  }
  if (static_cast<float>(best.width) >= smallest_px) return best;
  const int columns = std::max(1, static_cast<int>((area.x + gap_px) / (smallest_px + gap_px)));
  const auto [w, h] = size_with(columns, area.x);
  return {columns, std::max(1, static_cast<int>(w)), std::max(1, static_cast<int>(h)), true};
}

void TileGrid::prepare(const Bench& bench, const TilePlan& plan) {
  const HeadMaps& maps = bench.maps;
  TileInputs inputs = tile_inputs(bench.session);
  inputs.trace = maps.trace().get();
  inputs.block = maps.block();
  inputs.query = maps.query();
  inputs.width = plan.width;
  inputs.height = plan.height;
  atlas_.prepare(inputs, maps.count());
}

void TileGrid::paint(Bench& bench, int first, int last) {
  std::vector<int> indices(static_cast<std::size_t>(last - first));
  std::iota(indices.begin(), indices.end(), first);
  atlas_.paint(bench.painter, bench.session, indices,
               [&](int index) { return bench.maps.range(index + kMeanOfHeads, bench.session.view); });
}

namespace {

/// What stands beside the name.
std::string tile_number(const MapFacts& facts, int head) {
  if (head == kMaxOfHeads) return share_text(facts.peak) + " %";
  char number[32];
  std::snprintf(number, sizeof number, "%.2f bit", facts.entropy_bits);
  return number;
}

std::string number_explained(const HeadMaps& maps, int head) {
  if (head == kMaxOfHeads)
    return tile_number(maps.facts(head), head) + " is the largest weight that any head gives a patch.";
  const int tokens = maps.trace()->grid.tokens();
  char most[32];
  std::snprintf(most, sizeof most, "%.2f", std::log2(static_cast<double>(tokens)));
  return tile_number(maps.facts(head), head) + " is the entropy of its attention: 0 if all of it lies on one token, " +
         most + " if it is spread evenly over all " + std::to_string(tokens) + ".";
}

}  // namespace

void TileGrid::tile(Bench& bench, int index, ImVec2 at, float caption_px) {
  ui::Ui& ui = bench.ui;
  const HeadMaps& maps = bench.maps;
  Session& session = bench.session;
  const int head = index + kMeanOfHeads;
  const bool chosen = session.view.head == head;
  const float w = static_cast<float>(atlas_.width()), h = static_cast<float>(atlas_.height());
  const ImVec2 to{at.x + w, at.y + h};
  ImDrawList& list = *ImGui::GetWindowDrawList();

  ImGui::PushID(index);
  ImGui::SetCursorScreenPos(at);
  ImGui::InvisibleButton("picture", {w, h});
  const bool over = ImGui::IsItemHovered(), held = ImGui::IsItemActive();
  const ui::Control picture{.id = "heads.tile." + head_name(head), .label = {}, .tooltip = {}};
  ui::describe(ui, picture, at, to, over, chosen ? "on" : "");
  ImGui::SetCursorScreenPos({at.x, to.y});
  const bool pressed = ImGui::InvisibleButton("caption", {w, caption_px});
  const bool over_caption = ImGui::IsItemHovered();
  ui::Control caption{.id = "heads.caption." + head_name(head), .label = {}, .tooltip = {}, .key = "↑ ↓"};
  if (over_caption) caption.tooltip = "Shows this map in the photo. " + number_explained(maps, head);
  ui::describe(ui, caption, {at.x, to.y}, {to.x, to.y + caption_px}, over_caption, chosen ? "on" : "");
  ImGui::PopID();

  list.AddRectFilled(at, {to.x, to.y + caption_px}, chosen ? ui.theme.accent_soft : ui.theme.panel, ui.px(3));
  atlas_.show(list, index, at, to);
  const auto outline = [&](int patch, ImU32 color) {
    const float pw = w / static_cast<float>(maps.cols()), ph = h / static_cast<float>(maps.rows());
    const ImVec2 a{at.x + pw * static_cast<float>(patch % maps.cols()),
                   at.y + ph * static_cast<float>(patch / maps.cols())};
    list.AddRect({a.x - 1, a.y - 1}, {a.x + pw + 1, a.y + ph + 1}, IM_COL32(0, 0, 0, 130));
    list.AddRect(a, {a.x + pw, a.y + ph}, color);
  };
  const int query_patch = maps.query() - maps.trace()->grid.prefix;
  if (over) {
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const int col =
        std::clamp(static_cast<int>((mouse.x - at.x) / w * static_cast<float>(maps.cols())), 0, maps.cols() - 1);
    const int row =
        std::clamp(static_cast<int>((mouse.y - at.y) / h * static_cast<float>(maps.rows())), 0, maps.rows() - 1);
    bench.photo_view.hovered = PatchAt{row, col};
    bench.photo_view.hovered_head = head;
    if (held) session.set_query(maps.trace()->grid.token_of(row, col));
  }
  if ((over && held) || pressed) session.view.head = head;
  if (query_patch >= 0 && query_patch < maps.rows() * maps.cols()) outline(query_patch, IM_COL32(255, 255, 255, 230));
  const std::optional<PatchAt>& pointed = bench.photo_view.shown_hover;
  if (pointed && pointed->row < maps.rows() && pointed->col < maps.cols())
    outline(pointed->row * maps.cols() + pointed->col, IM_COL32(255, 255, 255, 110));
  if (chosen)
    list.AddRect({at.x - 1, at.y - 1}, {to.x + 1, to.y + caption_px + 1}, ui.theme.accent, ui.px(3), 0, ui.px(1.5f));
  else if (over || over_caption)
    list.AddRect({at.x - 1, at.y - 1}, {to.x + 1, to.y + caption_px + 1}, ui.theme.track, ui.px(3));

  const std::string number = tile_number(maps.facts(head), head);
  const std::string name = head >= 0 ? "head " + std::to_string(head) : head_name(head);
  const float text_y = to.y + (caption_px - ui.fonts.size(ui::Type::small)) / 2;
  const float name_w = ui::measure(ui, ui::Type::small, name).x;
  const float number_w = ui::measure(ui, ui::Type::small, number).x;
  const float widest_w = ui::measure(ui, ui::Type::small, "head 0000.00 bit").x;  // all tiles have a number, or none
  const float pad = ui.px(5);
  ui::draw_text(ui, ui::Type::small, {at.x + pad, text_y}, chosen ? ui.theme.accent : ui.theme.text,
                name_w + 2 * pad < w ? name : head_name(head));
  if (std::max(name_w + number_w, widest_w) + 3 * pad < w)
    ui::draw_text(ui, ui::Type::small, {to.x - pad - number_w, text_y}, ui.theme.faint, number);
}

void TileGrid::draw(Bench& bench, ImVec2 from, ImVec2 size) {
  const ui::Ui& ui = bench.ui;
  const float caption = ui.fonts.size(ui::Type::small) + ui.px(8), space = ui.px(8);
  const float scrollbar = ImGui::GetStyle().ScrollbarSize + ui.px(2);
  const float aspect = static_cast<float>(bench.maps.cols()) / static_cast<float>(bench.maps.rows());
  TilePlan plan = plan_tiles(size, bench.maps.count(), aspect, caption, space, ui.px(64));
  if (plan.scrolls)
    plan = plan_tiles({size.x - scrollbar, size.y}, bench.maps.count(), aspect, caption, space, ui.px(64));
  prepare(bench, plan);

  ImGui::SetCursorScreenPos(from);
  ImGui::BeginChild("heads.tiles", size, false, plan.scrolls ? 0 : ImGuiWindowFlags_NoScrollbar);
  const float step_x = static_cast<float>(plan.width) + space;
  const float step_y = static_cast<float>(plan.height) + caption + space;
  const int rows = (bench.maps.count() + plan.columns - 1) / plan.columns;
  if (reveal_) {
    const float top = static_cast<float>(HeadMaps::index_of(bench.session.view.head) / plan.columns) * step_y;
    const float scroll = ImGui::GetScrollY();
    if (top < scroll)
      ImGui::SetScrollY(top);
    else if (top + step_y > scroll + size.y)
      ImGui::SetScrollY(top + step_y - size.y);
    reveal_ = false;
  }
  const ImVec2 origin = ImGui::GetCursorScreenPos();
  const float scroll = ImGui::GetScrollY();
  const int first_row = std::max(0, static_cast<int>(scroll / step_y));
  const int last_row = std::min(rows, static_cast<int>((scroll + size.y) / step_y) + 1);
  const int first = first_row * plan.columns, last = std::min(bench.maps.count(), last_row * plan.columns);
  paint(bench, first, last);
  for (int index = first; index < last; ++index)
    tile(bench, index,
         {std::floor(origin.x + static_cast<float>(index % plan.columns) * step_x + 1),
          std::floor(origin.y + static_cast<float>(index / plan.columns) * step_y + 1)},
         caption);
  // Two more for the frame of a chosen tile.
  ImGui::SetCursorScreenPos({origin.x, origin.y + static_cast<float>(rows) * step_y - space + 2});
  ImGui::Dummy({1, 1});
  ImGui::EndChild();
}

}  // namespace headlight
