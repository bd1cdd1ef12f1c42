#include "app/panels/map_strip.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "app/panels/bench.h"
#include "app/panels/parameters.h"
#include "app/ui/choose.h"
#include "app/ui/widgets.h"

namespace headlight {

namespace {

constexpr float kLine = 27, kLineGap = 6, kItemGap = 8;  // points
constexpr int kMostChips = 7;

/// A line of controls from left to right. What does not fit any more is left out: keys and menu have it, too.
class Line {
 public:
  Line(const ui::Ui& ui, ImVec2 from, float width) : ui_(&ui), at_(from), end_(from.x + width) {}
  /// Places the next control of this width (px); false where there is no room.
  bool place(float width) {
    if (at_.x + width > end_ + 0.5f) return false;
    ImGui::SetCursorScreenPos({std::floor(at_.x), at_.y});
    at_.x += width + ui_->px(kItemGap);
    return true;
  }
  void skip(float points) { at_.x += ui_->px(points); }
  float rest() const { return end_ - at_.x; }

 private:
  const ui::Ui* ui_;
  ImVec2 at_;
  float end_;
};

void block_item(Bench& bench, Line& line) {
  Session& session = bench.session;
  const int depth = session.model()->config.depth;
  if (!line.place(bench.ui.px(132))) return;
  int block = session.view.block;
  const std::string shown = fmt::format("block {}{}", block, block == depth - 1 ? " (last)" : "");
  if (ui::bar(
          bench.ui,
          {.id = "attention.block",
           .label = shown,
           .tooltip = "The block of the network whose heads are shown, counted from 0 as in blocks.0. Drag, or turn "
                      "the wheel.",
           .key = bench.commands.keys_of("attention.block_down") + "  " + bench.commands.keys_of("attention.block_up"),
           .enabled = depth > 1},
          block, 0, depth - 1, bench.ui.px(132)))
    session.select_block(block);
}

void head_item(Bench& bench, int index, Line& line) {
  View& view = bench.session.view;
  const vit::MapLabel& label = bench.maps.label(index);
  if (label.head == vit::kNoHead || !line.place(bench.ui.px(96))) return;
  const int heads = bench.maps.set().trace->settings.heads(label.block);
  std::vector<std::string> names = {"mean", "max"};
  for (int head = 0; head < heads; ++head) names.push_back("head " + std::to_string(head));
  std::vector<const char*> words;
  for (const std::string& name : names) words.push_back(name.c_str());
  int chosen = label.head == vit::kMeanOfHeads ? 0 : label.head == vit::kMaxOfHeads ? 1 : label.head + 2;
  if (ui::drop_down(bench.ui,
                    {.id = "attention.head",
                     .label = {},
                     .tooltip = "The head that the large picture shows, or the mean or maximum of the block's heads. A "
                                "click on a tile chooses it, too.",
                     .key = "↑ ↓"},
                    chosen, words, bench.ui.px(96)))
    view.head = chosen == 0 ? kMeanOfHeads : chosen == 1 ? kMaxOfHeads : chosen - 2;
}

void chip(Bench& bench, Line& line, const std::string& id, const std::string& label, const std::string& tooltip,
          const std::string& key, int token) {
  const float width = ui::measure(bench.ui, ui::Type::body, label).x + bench.ui.px(16);
  if (!line.place(width)) return;
  if (ui::button(bench.ui, {.id = id, .label = label, .tooltip = tooltip, .key = key}, width,
                 bench.session.view.query == token))
    bench.session.set_query(token);
}

void query_items(Bench& bench, Line& line) {
  const vit::TokenGrid& grid = bench.session.trace()->grid;  // a draft's is another
  const vit::ModelConfig& config = bench.session.trace()->model->config;
  const int query = std::clamp(bench.session.view.query, 0, grid.tokens() - 1);
  const ImVec2 from = ImGui::GetCursorScreenPos();
  for (int token = 0; token < std::min(grid.prefix, kMostChips); ++token)
    chip(bench, line, "query." + std::to_string(token), vit::prefix_label(token, config),
         "Asks from the " + config.prefix_name(token) + ".",
         bench.commands.keys_of(token == 0 && config.class_token ? "attention.query_class" : "attention.query_prefix"),
         token);
  if (query >= grid.prefix) bench.patch_asked = query;
  const int patch = std::clamp(bench.patch_asked.value_or(grid.token_of(grid.rows / 2, grid.cols / 2)), grid.prefix,
                               grid.tokens() - 1);
  const int at = patch - grid.prefix;
  chip(bench, line, "query.patch", fmt::format("patch {}, {}", at / grid.cols, at % grid.cols),
       "Asks from this patch (row, column; counted from 0 at the top left). Click or drag in the large picture to ask "
       "from another one.",
       "", patch);
  const ImVec2 to = ImGui::GetItemRectMax();
  ui::describe(bench.ui, {.id = "attention.query", .label = {}}, from, to, false, vit::query_name(query, grid, config));
}

void direction_item(Bench& bench, const vit::Analysis& analysis, Line& line) {
  View& view = bench.session.view;
  const float width = bench.ui.px(124);
  if (!analysis.asks_direction || !line.place(width)) return;
  const bool out = view.direction == vit::Direction::looks_at;
  if (ui::button(bench.ui,
                 {.id = "attention.direction",
                  .label = out ? "looks at →" : "← looked at by",
                  .tooltip = std::string(vit::choice_of(view.direction).sentence) + " A click turns it round.",
                  .key = bench.commands.keys_of("attention.direction")},
                 width, !out))
    view.direction = vit::next_choice(view.direction);
}

void range_item(Bench& bench, int index, Line& line) {
  const float width = bench.ui.px(112);
  if (!line.place(width)) return;
  vit::RangeRule rule = bench.session.view.look.range_rule;
  std::vector<const char*> names;
  int chosen = 0;
  const auto all = vit::choices(rule);
  for (std::size_t i = 0; i < all.size(); ++i) {
    names.push_back(all[i].name);
    if (all[i].value == rule) chosen = static_cast<int>(i);
  }
  if (ui::drop_down(bench.ui,
                    {.id = "view.range",
                     .label = "range:",
                     .tooltip = std::string("What the ends of the colours mean. ") + vit::choice_of(rule).sentence,
                     .key = bench.commands.keys_of("view.range")},
                    chosen, names, width))
    choose_range(bench, index, all[static_cast<std::size_t>(chosen)].value);
}

void picture_item(Bench& bench, Line& line) {
  const float width = bench.ui.px(168);
  if (!line.place(width)) return;
  ui::choose_segment(
      bench.ui,
      {.id = "view.picture", .label = "", .key = bench.commands.keys_of("view.picture") + "; hold Space: the photo"},
      bench.session.view.look.picture, width);
}

void draw_asked(Bench& bench, const vit::Analysis& analysis, int index, ImVec2 from, float width) {
  Line line(bench.ui, from, width);
  block_item(bench, line);
  head_item(bench, index, line);
  line.skip(6);
  query_items(bench, line);
  line.skip(6);
  direction_item(bench, analysis, line);
}

void inside_item(Bench& bench, int index, Line& line) {
  const char* const label = "Inside…";
  const float width = ui::measure(bench.ui, ui::Type::body, label).x + bench.ui.px(20);
  if (bench.maps.label(index).head == vit::kNoHead || !line.place(width)) return;
  if (ui::button(bench.ui,
                 {.id = "view.inside",
                  .label = label,
                  .tooltip = bench.commands.get("view.inside").tooltip,
                  .key = bench.commands.keys_of("view.inside")},
                 width, bench.inside_open))
    bench.inside_open = !bench.inside_open;
}

void draw_drawn(Bench& bench, const vit::Analysis& analysis, int index, ImVec2 from, float width) {
  Line line(bench.ui, from, width);
  picture_item(bench, line);
  range_item(bench, index, line);
  inside_item(bench, index, line);
  line.skip(6);
  for (const vit::Parameter& parameter : analysis.parameters) {
    const float wide = bench.ui.px(kParameterWidth);
    if (!line.place(wide)) return;
    draw_parameter(bench, analysis, parameter, wide);
  }
}

}  // namespace

void choose_range(Bench& bench, int index, vit::RangeRule rule) {
  vit::Look& look = bench.session.view.look;
  if (rule == vit::RangeRule::fixed && look.range_rule != vit::RangeRule::fixed && !bench.maps.empty())
    look.fixed_range = bench.maps.set().range(index, look);
  look.range_rule = rule;
}

vit::Look large_look(const Bench& bench) {
  vit::Look look = bench.session.view.look;
  if (bench.shows_photo) look.picture = vit::Picture::photo;
  return look;
}

vit::Look tile_look(const Bench& bench) {
  vit::Look look = bench.session.view.look;
  look.picture = bench.shows_photo ? vit::Picture::photo : vit::Picture::map;
  return look;
}

float map_strip_height(float px_per_point) {
  return std::floor((2 * kLine + kLineGap) * px_per_point);
}

void draw_map_strip(Bench& bench, const vit::Analysis& analysis, int index, ImVec2 from, float width) {
  ImGui::SetCursorScreenPos(from);
  draw_asked(bench, analysis, index, from, width);
  draw_drawn(bench, analysis, index, {from.x, from.y + std::floor(bench.ui.px(kLine + kLineGap))}, width);
}

}  // namespace headlight
