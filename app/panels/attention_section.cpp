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

/// Behind what follows until it ends: a tint that says that this is not as trained.
class Tint {
 public:
  Tint(const ui::Ui& ui, bool shown) : ui_(ui), shown_(shown), from_(ImGui::GetCursorScreenPos()) {
    if (!shown_) return;
    list_.ChannelsSplit(2);
    list_.ChannelsSetCurrent(1);
  }
  void end() {
    if (!shown_) return;
    const float pad = ui_.px(5), right = from_.x + ImGui::GetContentRegionAvail().x;
    list_.ChannelsSetCurrent(0);
    list_.AddRectFilled({from_.x - pad, from_.y - ui_.px(4)},
                        {right + pad, ImGui::GetCursorScreenPos().y - ImGui::GetStyle().ItemSpacing.y},
                        ui_.theme.accent_soft, ui_.px(4));
    list_.ChannelsMerge();
  }

 private:
  const ui::Ui& ui_;
  const bool shown_;
  const ImVec2 from_;
  ImDrawList& list_ = *ImGui::GetWindowDrawList();
};

void heads_slider(Bench& bench, bool ready) {
  Session& session = bench.session;
  const int channels = ready ? session.model()->config.channels : 1;
  const std::vector<int> steps = ready ? vit::possible_heads(session.model()->config) : std::vector<int>{1};
  const std::string fixed = ready ? session.model()->config.fixed_heads() : "";
  const int heads = ready ? session.wanted_heads() : 1;
  int step = nearest_step(steps, heads);
  std::vector<ui::Tick> ticks;
  if (ready) {
    const int trained = session.model()->config.num_heads;
    ticks.push_back({nearest_step(steps, trained), "trained", true});
    if (fixed.empty() && trained != kTimmDefaultHeads && channels % kTimmDefaultHeads == 0)
      ticks.push_back({nearest_step(steps, kTimmDefaultHeads), "timm's default", false});
  }
  const int each = channels / std::max(heads, 1);
  const std::string shown = fmt::format("{} × {} {}", heads, each, each == 1 ? "channel" : "channels");
  Tint tint(bench.ui, ready && heads != session.model()->config.num_heads);
  if (ui::stepper(
          bench.ui,
          {.id = "attention.heads",
           .label = "Heads",
           .tooltip = !fixed.empty() ? "This network runs with its trained heads only, because " + fixed + "."
                                     : "How many heads the same weights are cut into: every divisor of C. The trained "
                                       "count is amber, timm's default 8 is bright.",
           .key =
               bench.commands.keys_of("attention.heads_fewer") + "  " + bench.commands.keys_of("attention.heads_more"),
           .enabled = ready && steps.size() > 1},
          steps, step, shown, ticks))
    session.set_heads(steps[static_cast<std::size_t>(step)]);
  tint.end();
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

void dropout(Bench& bench, bool ready) {
  Session& session = bench.session;
  vit::Settings& s = session.settings;
  ImGui::SameLine(0, bench.ui.px(18));
  bool training = s.training;
  if (ui::check(
          bench.ui,
          {.id = "attention.training",
           .label = "training mode",
           .tooltip = "Runs the network as in training: the two dropouts below act, with masks drawn from the seed.",
           .key = bench.commands.keys_of("attention.training"),
           .enabled = ready},
          training))
    session.set_training(training);
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
                 .label = "after dropout",
                 .tooltip = "Maps show the attention after the dropout mask; otherwise the softmax's own output."},
                after))
    session.view.stage = after ? vit::Stage::after_dropout : vit::Stage::softmax;
}

}  // namespace

void draw_attention_section(Bench& bench) {
  ui::Ui& ui = bench.ui;
  Session& session = bench.session;
  const bool ready = session.model() != nullptr;
  ui::heading(ui, "ATTENTION");
  heads_slider(bench, ready);
  ui::gap(ui, 4);
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
