#include "app/panels/map_strip.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "app/panels/bench.h"
#include "app/panels/parameters.h"
#include "app/ui/choose.h"
#include "app/ui/widgets.h"

namespace headlight {

namespace {

constexpr float kLine = 27, kLineGap = 6, kItemGap = 8, kPageWidth = 132;  // points
constexpr int kMostChips = 7;

/// Controls from left to right, and on the next line what finds no room.
class Line {
 public:
  /// `draws`: else it only counts the lines.
  Line(const ui::Ui& ui, ImVec2 from, float width, bool draws)
      : ui_(&ui), at_(from), start_(from.x), end_(from.x + width), draws_(draws) {}
  /// Places the next control of this width (px); false where it is not to be drawn.
  bool place(float width) {
    if (at_.x > start_ && at_.x + width > end_ + 0.5f) next();
    if (draws_) ImGui::SetCursorScreenPos({std::floor(at_.x), at_.y});
    at_.x += width + ui_->px(kItemGap);
    return draws_;
  }
  void next() {
    at_ = {start_, at_.y + std::floor(ui_->px(kLine + kLineGap))};
    ++lines_;
  }
  void skip(float points) { at_.x += ui_->px(points); }
  bool draws() const { return draws_; }
  bool empty() const { return lines_ == 1 && at_.x == start_; }
  int lines() const { return lines_; }

 private:
  const ui::Ui* ui_;
  ImVec2 at_;
  float start_, end_;
  bool draws_;
  int lines_ = 1;
};

/// Which of the analyses that share the tab; those that this network cannot answer are left out.
void page_item(Bench& bench, const vit::Analysis& analysis, Line& line) {
  std::vector<const vit::Analysis*> all;
  std::vector<const char*> names;
  int chosen = 0;
  for (const vit::Analysis* one : vit::analyses()) {
    if (std::string_view(one->group) != analysis.group) continue;
    if (one != &analysis && !one->refusal(*bench.session.trace()).empty()) continue;
    if (one == &analysis) chosen = static_cast<int>(all.size());
    all.push_back(one);
    names.push_back(one->name);
  }
  const float width = bench.ui.px(kPageWidth);
  if (all.size() < 2 || !line.place(width)) return;
  if (ui::drop_down(bench.ui, {.id = "page", .label = {}, .tooltip = analysis.sentence}, chosen, names, width))
    bench.session.view.page = all[static_cast<std::size_t>(chosen)]->id;
}

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
  int heads = bench.maps.set().trace->settings.heads(label.block);
  if (const auto& side_b = bench.maps.set().side_b)  // those that both sides have
    heads = std::min(heads, side_b->trace->settings.heads(side_b->question.block));
  // The mean and the maximum stand in the list where the answer has them.
  std::vector<int> values;
  for (const vit::MapLabel& one : bench.maps.set().labels)
    if (one.block == label.block && one.head < 0 && one.head != vit::kNoHead) values.push_back(one.head);
  for (int head = 0; head < heads; ++head) values.push_back(head);
  std::vector<std::string> names;
  names.reserve(values.size());
  for (const int value : values) names.push_back(value >= 0 ? "head " + std::to_string(value) : vit::head_name(value));
  std::vector<const char*> words;
  words.reserve(names.size());
  for (const std::string& name : names) words.push_back(name.c_str());
  int chosen = static_cast<int>(std::find(values.begin(), values.end(), label.head) - values.begin());
  if (ui::drop_down(
          bench.ui,
          {.id = "attention.head",
           .label = {},
           .tooltip = "The head that the large picture shows, or what all heads of the block have together. A "
                      "click on a tile chooses it, too.",
           .key = "↑ ↓"},
          chosen, words, bench.ui.px(96)))
    view.head = values[static_cast<std::size_t>(chosen)];
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
  std::optional<ImVec2> from;  // of the first chip
  const auto note_from = [&] {
    if (line.draws() && !from) from = ImGui::GetItemRectMin();
  };
  for (int token = 0; token < std::min(grid.prefix, kMostChips); ++token) {
    chip(bench, line, "query." + std::to_string(token), vit::prefix_label(token, config),
         "Asks from the " + config.prefix_name(token) + ".",
         bench.commands.keys_of(token == 0 && config.class_token ? "attention.query_class" : "attention.query_prefix"),
         token);
    note_from();
  }
  const auto cols = static_cast<float>(grid.cols), rows = static_cast<float>(grid.rows);
  if (const int at = query - grid.prefix; at >= 0) {
    const int row = at / grid.cols, col = at % grid.cols;
    bench.patch_asked = {(static_cast<float>(col) + 0.5f) / cols, (static_cast<float>(row) + 0.5f) / rows};
  }
  const int patch = grid.token_of(std::min(static_cast<int>(bench.patch_asked.y * rows), grid.rows - 1),
                                  std::min(static_cast<int>(bench.patch_asked.x * cols), grid.cols - 1));
  const int at = patch - grid.prefix;
  chip(bench, line, "query.patch", fmt::format("patch {}, {}", at / grid.cols, at % grid.cols),
       "Asks from this patch (row, column; counted from 0 at the top left). Click or drag in the large picture to ask "
       "from another one.",
       "", patch);
  if (!line.draws()) return;
  note_from();
  const ImVec2 to = ImGui::GetItemRectMax();
  ui::describe(bench.ui, {.id = "attention.query", .label = {}}, *from, to, false,
               vit::query_name(query, grid, config));
}

void direction_item(Bench& bench, const vit::Analysis& analysis, Line& line) {
  View& view = bench.session.view;
  const float width = bench.ui.px(124);
  if (!analysis.asks_direction || !line.place(width)) return;
  const char* const label = view.direction == vit::Direction::looks_at       ? "looks at →"
                            : view.direction == vit::Direction::looked_at_by ? "← looked at by"
                                                                             : "← both ways →";
  if (ui::button(bench.ui,
                 {.id = "attention.direction",
                  .label = label,
                  .tooltip = std::string(vit::choice_of(view.direction).sentence) +
                             " A click: " + vit::choice_of(vit::next_choice(view.direction)).name + ".",
                  .key = bench.commands.keys_of("attention.direction")},
                 width, view.direction != vit::Direction::looks_at))
    view.direction = vit::next_choice(view.direction);
}

void range_item(Bench& bench, int index, Line& line) {
  const float width = bench.ui.px(112);
  if (bench.maps.set().scale == vit::Scale::rgb || !line.place(width)) return;  // painted maps have no range
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

/// A matrix lights the query's row, and numbers of all queries may be told of the chosen one alone.
bool shows_query(const vit::Analysis& analysis, bool asks_query) {
  return asks_query || analysis.is_matrix || analysis.parameter("over") != nullptr;
}

void draw_asked(Bench& bench, const vit::Analysis& analysis, int index, Line& line) {
  page_item(bench, analysis, line);
  if (analysis.asks_block || bench.maps.label(index).block >= 0) block_item(bench, line);
  head_item(bench, index, line);
  const vit::MapSet& set = bench.maps.set();
  if (shows_query(analysis, vit::asks_query(analysis, set.question, set.trace->model->config))) {
    line.skip(6);
    query_items(bench, line);
    line.skip(6);
  }
  direction_item(bench, analysis, line);
}

void inside_item(Bench& bench, int index, Line& line) {
  const char* const label = "Inside…";
  const float width = ui::measure(bench.ui, ui::Type::body, label).x + bench.ui.px(20);
  const vit::MapSet& set = bench.maps.set();
  if (bench.maps.label(index).head == vit::kNoHead || !set.row_sums.empty() || set.side_b || !line.place(width)) return;
  if (ui::button(bench.ui,
                 {.id = "view.inside",
                  .label = label,
                  .tooltip = bench.commands.get("view.inside").tooltip,
                  .key = bench.commands.keys_of("view.inside")},
                 width, bench.inside_open))
    bench.inside_open = !bench.inside_open;
}

void curtain_item(Bench& bench, Line& line) {
  const char* const label = "Curtain";
  const float width = ui::measure(bench.ui, ui::Type::body, label).x + bench.ui.px(20);
  if (!line.place(width)) return;
  bool& curtain = bench.session.view.curtain;
  if (ui::button(bench.ui,
                 {.id = "view.curtain", .label = label, .tooltip = bench.commands.get("view.curtain").tooltip}, width,
                 curtain))
    curtain = !curtain;
}

void parameter_items(Bench& bench, const vit::Analysis& analysis, Line& line) {
  for (const vit::Parameter& parameter : analysis.parameters) {
    if (!vit::applies(parameter, bench.session.trace()->model->config)) continue;
    const float wide = bench.ui.px(kParameterWidth);
    if (parameter.counts == vit::Counts::heads) continue;  // the list of heads chooses it
    const vit::Subject subject = bench.session.subject_of(bench.session.trace());
    const bool block_of_b = parameter.counts == vit::Counts::other_blocks;
    const bool of_side_b = block_of_b || parameter.counts == vit::Counts::other_patches;
    if (of_side_b && vit::highest(parameter, subject) < 0) continue;  // it is not there
    // Of as many blocks on both sides each has its own number, unless another was chosen.
    const auto& chosen = bench.session.view.parameters;
    if (block_of_b && !chosen.contains(std::string(analysis.id) + "." + parameter.id) &&
        subject.other->blocks.size() == subject.trace->blocks.size())
      continue;
    if (line.place(wide)) draw_parameter(bench, analysis, parameter, wide);
  }
}

void draw_drawn(Bench& bench, const vit::Analysis& analysis, int index, Line& line) {
  picture_item(bench, line);
  range_item(bench, index, line);
  inside_item(bench, index, line);
  if (analysis.compares) curtain_item(bench, line);
  line.skip(6);
  parameter_items(bench, analysis, line);
}

void draw_all(Bench& bench, const vit::Analysis& analysis, int index, Line& line) {
  draw_asked(bench, analysis, index, line);
  if (line.lines() == 1)  // else the second line has room for both
    line.next();
  else
    line.skip(6);
  draw_drawn(bench, analysis, index, line);
}

}  // namespace

void choose_range(Bench& bench, int index, vit::RangeRule rule) {
  vit::Look& look = bench.session.view.look;
  if (rule == vit::RangeRule::fixed && look.range_rule != vit::RangeRule::fixed && !bench.maps.empty()) {
    look.fixed_range = bench.maps.set().range(index, look);
    look.fixed_range.low = std::max(0.f, look.fixed_range.low);  // differences have both signs, and one end
  }
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

float map_strip_height(int lines, float px_per_point) {
  const auto n = static_cast<float>(lines);
  return std::floor((n * kLine + (n - 1) * kLineGap) * px_per_point);
}

int map_strip_lines(Bench& bench, const vit::Analysis& analysis, int index, float width) {
  Line line(bench.ui, {0, 0}, width, false);
  draw_all(bench, analysis, index, line);
  return line.lines();
}

void draw_map_strip(Bench& bench, const vit::Analysis& analysis, int index, ImVec2 from, float width) {
  Line line(bench.ui, from, width, true);
  draw_all(bench, analysis, index, line);
}

float draw_strip_without_maps(Bench& bench, const vit::Analysis& analysis, ImVec2 from, float width) {
  constexpr float kGapBelow = 10;  // points
  Line line(bench.ui, from, width, true);
  page_item(bench, analysis, line);
  if (analysis.refusal(*bench.session.trace()).empty()) {
    if (analysis.asks_block) block_item(bench, line);
    if (shows_query(analysis, analysis.asks_query)) {
      line.skip(6);
      query_items(bench, line);
      line.skip(6);
    }
    direction_item(bench, analysis, line);
    parameter_items(bench, analysis, line);
  } else if (line.empty()) {
    return 0;
  }
  return map_strip_height(line.lines(), bench.ui.scale) + bench.ui.px(kGapBelow);
}

}  // namespace headlight
