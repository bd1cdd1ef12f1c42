// The attention section of the left column: block, heads, query, bias and dropout.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "app/panels/bench.h"
#include "app/panels/left_column.h"
#include "app/ui/widgets.h"

namespace headlight {

namespace {

constexpr int kTimmDefaultHeads = 8;  // num_heads of timm's Attention module when nobody says otherwise

int nearest_step(const std::vector<int>& steps, int value) {
  const auto found = std::lower_bound(steps.begin(), steps.end(), value);
  return static_cast<int>(std::min(found, steps.end() - 1) - steps.begin());
}

void block_slider(Bench& bench, bool ready) {
  Session& session = bench.session;
  const int depth = ready ? session.model()->config.depth : 1;
  int block = session.view.block;
  if (ui::slider(
          bench.ui,
          {.id = "attention.block",
           .label = "Block",
           .tooltip = "The block of the network whose heads are shown, counted from 0 as in blocks.0.",
           .key = bench.commands.keys_of("attention.block_down") + "  " + bench.commands.keys_of("attention.block_up"),
           .enabled = ready && depth > 1},
          block, 0, depth - 1, fmt::format("{} of 0…{}", session.view.block, depth - 1)))
    session.select_block(block);
}

void heads_slider(Bench& bench, bool ready) {
  Session& session = bench.session;
  const int channels = ready ? session.model()->config.channels : 1;
  const std::vector<int> steps = ready ? vit::divisors(channels) : std::vector<int>{1};
  const int heads = ready ? session.wanted_heads() : 1;
  int step = nearest_step(steps, heads);
  std::vector<ui::Tick> ticks;
  if (ready) {
    const int trained = session.model()->config.num_heads;
    ticks.push_back({nearest_step(steps, trained), "trained", true});
    if (trained != kTimmDefaultHeads && channels % kTimmDefaultHeads == 0)
      ticks.push_back({nearest_step(steps, kTimmDefaultHeads), "timm's default", false});
  }
  const int each = channels / std::max(heads, 1);
  const std::string shown = fmt::format("{} of {} {}", heads, each, each == 1 ? "channel" : "channels");
  if (ui::stepper(bench.ui,
                  {.id = "attention.heads",
                   .label = "Heads",
                   .tooltip = "How many heads the same weights are cut into: every divisor of C. The trained count is "
                              "amber, timm's default 8 is bright.",
                   .key = bench.commands.keys_of("attention.heads_fewer") + "  " +
                          bench.commands.keys_of("attention.heads_more"),
                   .enabled = ready},
                  steps, step, shown, ticks))
    session.set_heads(steps[static_cast<std::size_t>(step)]);
  constexpr std::array<const char*, 2> kScopes = {"all blocks", "this block"};
  constexpr std::array<const char*, 2> kScopeTips = {"The head count above is set for all blocks.",
                                                     "The head count above is set for the chosen block only."};
  int scope = session.heads_for_all ? 0 : 1;
  if (ui::segments(
          bench.ui,
          {.id = "attention.scope", .label = "", .key = bench.commands.keys_of("attention.scope"), .enabled = ready},
          scope, kScopes, kScopeTips))
    session.heads_for_all = scope == 0;
}

void query_line(Bench& bench) {
  ui::Ui& ui = bench.ui;
  Session& session = bench.session;
  const auto& trace = session.trace();
  std::string title = "–", value;
  bool has_class = false;
  if (trace) {
    title = query_title(session.view.query, trace->grid, trace->model->config);
    value = query_name(session.view.query, trace->grid, trace->model->config);
    has_class = trace->model->config.class_token;
  }
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float right = at.x + ImGui::GetContentRegionAvail().x, label_y = at.y + ui.px(5.5f);
  ui::draw_text(ui, ui::Type::body, {at.x, label_y}, ui.theme.soft, "Query");
  const float button_width = ui.px(92);
  const bool is_class = trace && has_class && session.view.query == 0;
  const float title_room = right - at.x - ui.px(52) - (is_class ? 0 : button_width + ui.px(8));
  ui::draw_text(ui, ui::Type::body, {at.x + ui.px(52), label_y}, ui.theme.text,
                ui::shortened(ui, ui::Type::body, title, title_room));
  if (is_class) {
    ImGui::Dummy({0, ui.fonts.size(ui::Type::body) + ui.px(11)});
  } else {
    ImGui::SetCursorScreenPos({right - button_width, at.y});
    if (ui::button(ui,
                   {.id = "attention.query_class",
                    .label = "Class token",
                    .tooltip = "Asks what the class token looks at. Click a patch in any picture to ask from there.",
                    .key = bench.commands.keys_of("attention.query_class"),
                    .enabled = has_class,
                    .reason = "This network has no class token."},
                   button_width))
      session.set_query(0);
  }
  const ui::Control control{.id = "attention.query", .label = {}, .tooltip = {}};
  ui::describe(ui, control, at, {right, at.y + ui.px(26)}, false, value);
}

void dropout(Bench& bench, bool ready) {
  Session& session = bench.session;
  vit::Settings& s = session.settings;
  ImGui::SameLine(0, bench.ui.px(18));
  ui::check(bench.ui,
            {.id = "attention.training",
             .label = "training mode",
             .tooltip = "Runs the network as in training: the two dropouts below act, with masks drawn from the seed.",
             .key = bench.commands.keys_of("attention.training"),
             .enabled = ready},
            s.training);
  if (!s.training) return;
  ui::slider(bench.ui,
             {.id = "attention.attn_drop",
              .label = "attn_drop",
              .tooltip = "Probability with which each attention weight is set to zero after the softmax."},
             s.attn_drop, 0.f, 0.95f, fmt::format("{:.2f}", s.attn_drop));
  ui::slider(bench.ui,
             {.id = "attention.proj_drop",
              .label = "proj_drop",
              .tooltip = "Probability with which each output of the projection is set to zero."},
             s.proj_drop, 0.f, 0.95f, fmt::format("{:.2f}", s.proj_drop));
  const float width = (ImGui::GetContentRegionAvail().x - ImGui::GetStyle().ItemSpacing.x) / 2;
  if (ui::button(bench.ui,
                 {.id = "attention.seed",
                  .label = "Seed " + std::to_string(s.seed),
                  .tooltip = "Draws other masks: the next seed. The same seed always gives the same masks."},
                 width))
    ++s.seed;
  ImGui::SameLine();
  bool after = session.view.stage == vit::Stage::after_dropout;
  if (ui::check(bench.ui,
                {.id = "view.after_dropout",
                 .label = "maps after dropout",
                 .tooltip = "Shows the attention after the dropout mask; otherwise the softmax's own output."},
                after))
    session.view.stage = after ? vit::Stage::after_dropout : vit::Stage::softmax;
}

}  // namespace

void draw_attention_section(Bench& bench) {
  ui::Ui& ui = bench.ui;
  Session& session = bench.session;
  const bool ready = session.model() != nullptr;
  ui::heading(ui, "ATTENTION");
  block_slider(bench, ready);
  heads_slider(bench, ready);
  query_line(bench);
  const bool has_bias = ready && session.model()->config.qkv_bias;
  bool bias = has_bias && session.settings.qkv_bias;
  if (ui::check(ui,
                {.id = "attention.qkv_bias",
                 .label = "qkv bias",
                 .tooltip = "Adds the bias of the query, key and value projections, as trained. Off: what they look at "
                            "without it.",
                 .key = bench.commands.keys_of("attention.qkv_bias"),
                 .enabled = has_bias,
                 .reason = ready ? "This network has no qkv bias." : ""},
                bias))
    session.settings.qkv_bias = bias;
  dropout(bench, ready);
  ui::gap(ui, 6);
}

}  // namespace headlight
