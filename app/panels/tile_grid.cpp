#include "app/panels/tile_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <numeric>
#include <vector>

#include "app/panels/bench.h"
#include "app/panels/head_switch.h"
#include "app/panels/map_strip.h"
#include "app/ui/widgets.h"
#include "engine/base/quantity.h"
#include "engine/maps/analysis.h"

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

void choose(View& view, const vit::MapSet& set, int index) {
  const vit::MapLabel& label = set.labels[static_cast<std::size_t>(index)];
  if (label.parameter != nullptr) view.parameters[set.question.analysis + "." + label.parameter] = label.value;
  if (label.block >= 0) view.block = label.block;
  if (label.head != vit::kNoHead) view.head = label.head;
}

namespace {

/// What stands beside the name.
std::string tile_number(ShownMaps& maps, int index) {
  if (maps.set().even <= 0) return maps.label(index).note;
  const vit::MapFacts& facts = maps.facts(index);
  if (maps.label(index).head == vit::kMaxOfHeads) return vit::even_text(maps.set(), facts.peak);
  return fmt::format("spread {:.0f}", std::max(1.f, facts.spread));
}

std::string number_explained(ShownMaps& maps, int index) {
  if (maps.set().even <= 0) return "";
  const vit::MapFacts& facts = maps.facts(index);
  if (maps.label(index).head == vit::kMaxOfHeads)
    return fmt::format("{} the even share ({}) is the most that any head gives a patch.",
                       vit::even_text(maps.set(), facts.peak), vit::percent_text(facts.peak));
  const int tokens = maps.grid().tokens();
  return fmt::format(
      "Its attention is spread as if over {:.0f} of {} tokens evenly: 2 to the power of its entropy, which is {:.2f} "
      "of "
      "at most {:.2f} bit.",
      std::max(1.f, facts.spread), tokens, facts.entropy_bits, std::log2(static_cast<double>(tokens)));
}

/// In the ids of controls: "mean", "3", "b5", "show2".
std::string short_id(const vit::MapLabel& label) {
  if (label.parameter != nullptr) return fmt::format("{}{:g}", label.parameter, label.value);
  return label.head == vit::kNoHead ? "b" + std::to_string(label.block) : vit::head_name(label.head);
}

}  // namespace

void TileGrid::paint(Bench& bench, const TilePlan& plan, int first, int last) {
  const vit::MapSet& set = bench.maps.set();
  atlas_.prepare({.maps = set.serial,
                  .photo = bench.photo.version,
                  .look = tile_look(bench),
                  .width = plan.width,
                  .height = plan.height},
                 set.count());
  std::vector<int> indices(static_cast<std::size_t>(last - first));
  std::iota(indices.begin(), indices.end(), first);
  atlas_.paint(bench.painter, tile_photo(bench), set, indices);
}

void TileGrid::tile(Bench& bench, int index, ImVec2 at, float caption_px) {
  ui::Ui& ui = bench.ui;
  const vit::MapSet& set = bench.maps.set();
  const vit::MapLabel& label = bench.maps.label(index);
  Session& session = bench.session;
  const bool chosen = index == chosen_;
  const float w = static_cast<float>(atlas_.width()), h = static_cast<float>(atlas_.height());
  const ImVec2 to{at.x + w, at.y + h};
  ImDrawList& list = *ImGui::GetWindowDrawList();

  ImGui::PushID(index);
  ImGui::SetCursorScreenPos(at);
  ImGui::InvisibleButton("picture", {w, h});
  const bool over = ImGui::IsItemHovered(), held = ImGui::IsItemActive(), asks = ImGui::GetIO().KeyAlt;
  ui::describe(ui, {.id = "heads.tile." + short_id(label), .label = {}, .tooltip = {}}, at, to, over,
               chosen ? "on" : "");
  ImGui::SetCursorScreenPos({at.x, to.y});
  bool pressed = ImGui::InvisibleButton("caption", {w, caption_px});
  const bool over_caption = ImGui::IsItemHovered();
  ui::Control name{.id = "heads.caption." + short_id(label), .label = {}, .tooltip = {}, .key = "↑ ↓"};
  if (over_caption)
    name.tooltip =
        "Shows this map large; Alt and a click ask the patch under the cursor. " + number_explained(bench.maps, index);
  ui::describe(ui, name, {at.x, to.y}, {to.x, to.y + caption_px}, over_caption, chosen ? "on" : "");
  ImGui::PopID();

  list.AddRectFilled(at, {to.x, to.y + caption_px}, chosen ? ui.theme.accent_soft : ui.theme.panel, ui.px(3));
  atlas_.show(list, index, at, to);
  const bool over_switch = draw_head_switch(bench, label, at, to, over);
  const auto outline = [&](int patch, ImU32 color) {
    const float pw = w / static_cast<float>(set.cols), ph = h / static_cast<float>(set.rows);
    const int row = patch / set.cols, col = patch % set.cols;
    const ImVec2 a{at.x + pw * static_cast<float>(col), at.y + ph * static_cast<float>(row)};
    list.AddRect({a.x - 1, a.y - 1}, {a.x + pw + 1, a.y + ph + 1}, IM_COL32(0, 0, 0, 130));
    list.AddRect(a, {a.x + pw, a.y + ph}, color);
  };
  if (over) {
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const int col = std::clamp(static_cast<int>((mouse.x - at.x) / w * static_cast<float>(set.cols)), 0, set.cols - 1);
    const int row = std::clamp(static_cast<int>((mouse.y - at.y) / h * static_cast<float>(set.rows)), 0, set.rows - 1);
    bench.hover.find({row, col}, index);
    if (held && asks && !set.on_other) session.set_query_of(*set.trace, set.trace->grid.token_of(row, col));
    pressed |= held && !asks && !over_switch;
  }
  if (pressed) {
    choose(session.view, set, index);
    revealed_ = index;
  }
  for (const int patch : label.marked) outline(patch, ui.theme.mark);
  if (label.window) {
    const float pw = w / static_cast<float>(set.cols), ph = h / static_cast<float>(set.rows);
    const ImVec2 a{at.x + pw * static_cast<float>(label.window->left),
                   at.y + ph * static_cast<float>(label.window->top)};
    list.AddRect(a,
                 {a.x + pw * static_cast<float>(label.window->cols), a.y + ph * static_cast<float>(label.window->rows)},
                 ui.theme.mark);
  }
  const bool asks_query = !set.on_other && vit::asks_query(*vit::analysis_by_id(set.question.analysis), set.question,
                                                           set.trace->model->config);
  const int query_patch = asks_query ? set.question.query - set.trace->grid.prefix : -1;
  if (query_patch >= 0 && query_patch < set.patches()) outline(query_patch, IM_COL32(255, 255, 255, 230));
  const std::optional<PatchAt>& pointed = bench.hover.shown;
  if (pointed && pointed->row < set.rows && pointed->col < set.cols)
    outline(pointed->row * set.cols + pointed->col, IM_COL32(255, 255, 255, 110));
  if (chosen)
    list.AddRect({at.x - 1, at.y - 1}, {to.x + 1, to.y + caption_px + 1}, ui.theme.mark, ui.px(3), 0, ui.px(1.5f));
  else if (over || over_caption)
    list.AddRect({at.x - 1, at.y - 1}, {to.x + 1, to.y + caption_px + 1}, ui.theme.track, ui.px(3));
}

/// Without the word before it: "spread 42" and "max 2.5" as their number.
std::string bare_number(const std::string& number) {
  const auto space = number.find(' ');
  const bool worded = space != std::string::npos && space + 1 < number.size() &&
                      (std::isdigit(static_cast<unsigned char>(number[space + 1])) != 0) &&
                      std::isalpha(static_cast<unsigned char>(number.front())) != 0;
  return worded ? number.substr(space + 1) : number;
}

/// Of a tile in so little room that its whole title would be cut.
std::string brief_name(const vit::MapLabel& label) {
  return !label.brief.empty()         ? label.brief
         : label.parameter != nullptr ? label.title
         : label.head == vit::kNoHead ? std::to_string(label.block)
                                      : vit::head_name(label.head);
}

/// All tiles say as much as each of them has room for.
TileGrid::Caption TileGrid::caption_of(Bench& bench, float width) {
  const ui::Ui& ui = bench.ui;
  const vit::MapSet& set = bench.maps.set();
  const auto width_of = [&](const std::string& words) { return ui::measure(ui, ui::Type::small, words).x; };
  float title = 0, brief = 0, number = 0, bare = 0;
  for (int index = 0; index < set.count(); ++index) {
    const vit::MapLabel& label = bench.maps.label(index);
    const std::string words = tile_number(bench.maps, index);
    title = std::max(title, width_of(label.title));
    brief = std::max(brief, width_of(brief_name(label)));
    number = std::max(number, width_of(words));
    bare = std::max(bare, width_of(bare_number(words)));
  }
  const float pad = ui.px(5);
  const auto fits = [&](float name, float beside) { return name + beside + (beside > 0 ? 3 : 2) * pad <= width; };
  if (fits(title, number)) return {.whole_title = true, .number = Caption::Number::worded};
  if (fits(title, bare)) return {.whole_title = true, .number = Caption::Number::bare};
  // Two bare numbers would not tell which is which.
  const bool named = std::isalpha(static_cast<unsigned char>(brief_name(set.labels.back()).front())) != 0;
  if (named && fits(brief, bare)) return {.whole_title = false, .number = Caption::Number::bare};
  return {.whole_title = fits(title, 0), .number = Caption::Number::none};
}

void TileGrid::caption(Bench& bench, int index, ImVec2 at, float width, float caption_px) {
  const ui::Ui& ui = bench.ui;
  const vit::MapLabel& label = bench.maps.label(index);
  const float text_y = at.y + (caption_px - ui.fonts.size(ui::Type::small)) / 2;
  const float pad = ui.px(5);
  ui::draw_text(ui, ui::Type::small, {at.x + pad, text_y}, index == chosen_ ? ui.theme.accent : ui.theme.text,
                caption_.whole_title ? label.title : brief_name(label));
  if (caption_.number == Caption::Number::none) return;
  const std::string words = tile_number(bench.maps, index);
  const std::string number = caption_.number == Caption::Number::bare ? bare_number(words) : words;
  ui::draw_text(ui, ui::Type::small, {at.x + width - pad - ui::measure(ui, ui::Type::small, number).x, text_y},
                ui.theme.soft, number);
}

void TileGrid::reveal(int row, float step_y, float height, float content) {
  if (revealed_ == chosen_) return;
  const float top = static_cast<float>(row) * step_y, scroll = ImGui::GetScrollY();
  const float to = top < scroll ? top : std::clamp(top + step_y - height, scroll, std::max(scroll, content - height));
  ImGui::SetScrollY(to);
  // Before the content was drawn once, Dear ImGui goes no further than what was there before.
  if (to <= ImGui::GetScrollMaxY() + 1) revealed_ = chosen_;
}

void TileGrid::draw(Bench& bench, int chosen, ImVec2 from, ImVec2 size) {
  const ui::Ui& ui = bench.ui;
  const vit::MapSet& set = bench.maps.set();
  chosen_ = chosen;
  const float caption_px = ui.fonts.size(ui::Type::small) + ui.px(8), space = ui.px(8);
  const float scrollbar = ImGui::GetStyle().ScrollbarSize + ui.px(2);
  const float aspect = static_cast<float>(set.cols) / static_cast<float>(set.rows);
  const float frame = ui.px(3);  // around a chosen tile
  size.x -= frame;
  TilePlan plan = plan_tiles(size, set.count(), aspect, caption_px, space, ui.px(64));
  if (plan.scrolls) plan = plan_tiles({size.x - scrollbar, size.y}, set.count(), aspect, caption_px, space, ui.px(64));
  const int per_patch = plan.width / set.cols;
  if (10 * per_patch * set.cols >= 9 * plan.width) {  // all patches of one size, at little loss
    plan.width = per_patch * set.cols;
    plan.height = per_patch * set.rows;
  }

  ImGui::SetCursorScreenPos(from);
  ImGui::BeginChild("heads.tiles", {size.x + frame, size.y}, false, plan.scrolls ? 0 : ImGuiWindowFlags_NoScrollbar);
  const float step_x = static_cast<float>(plan.width) + space;
  const float step_y = static_cast<float>(plan.height) + caption_px + space;
  const int rows = (set.count() + plan.columns - 1) / plan.columns;
  const float content = static_cast<float>(rows) * step_y - space + 2;  // two more for the frame of a chosen tile
  reveal(chosen / plan.columns, step_y, size.y, content);
  const ImVec2 origin = ImGui::GetCursorScreenPos();
  const float scroll = ImGui::GetScrollY();
  const int first_row = std::max(0, static_cast<int>(scroll / step_y));
  const int last_row = std::min(rows, static_cast<int>((scroll + size.y) / step_y) + 1);
  const int first = std::min(first_row * plan.columns, set.count()),
            last = std::clamp(last_row * plan.columns, first, set.count());
  paint(bench, plan, first, last);
  if (captioned_ != std::tuple{set.serial, plan.width, ui.fonts.size(ui::Type::small)}) {
    captioned_ = {set.serial, plan.width, ui.fonts.size(ui::Type::small)};
    caption_ = caption_of(bench, static_cast<float>(plan.width));
  }
  for (int index = first; index < last; ++index) {
    const int row = index / plan.columns, col = index % plan.columns;
    const ImVec2 at{std::floor(origin.x + static_cast<float>(col) * step_x + 1),
                    std::floor(origin.y + static_cast<float>(row) * step_y + 1)};
    tile(bench, index, at, caption_px);
    const float height = static_cast<float>(plan.height);
    caption(bench, index, {at.x, at.y + height}, static_cast<float>(plan.width), caption_px);
  }
  ImGui::SetCursorScreenPos({origin.x, origin.y + content});
  ImGui::Dummy({1, 1});
  ImGui::EndChild();
}

TilePhoto tile_photo(const Bench& bench) {
  const vit::Image& photo = *bench.photo.image;
  return {.box = bench.maps.set().ground().pixels->box,
          .width = static_cast<double>(photo.width),
          .height = static_cast<double>(photo.height)};
}

}  // namespace headlight
