// The plot of the right column: cost over the head count, measured dots on the predicted line.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "app/panels/bench.h"
#include "app/panels/right_column.h"
#include "app/ui/widgets.h"

namespace headlight {
namespace {

/// Pixels of the plot: head counts on a logarithmic axis, milliseconds on a linear one from zero.
struct Axes {
  ImVec2 from, to;  // of the area
  double heads_max = 1, ms_max = 1;
  ImVec2 at(int heads, double ms) const {
    const double x = heads_max > 1 ? std::log2(static_cast<double>(heads)) / std::log2(heads_max) : 0.5;
    const double y = ms / ms_max;
    return {from.x + static_cast<float>(x) * (to.x - from.x), to.y - static_cast<float>(y) * (to.y - from.y)};
  }
};

/// The next round number, such as 1, 1.5, 2, 3, 5 or 7 times a power of ten.
double round_up(double number) {
  const double power = std::pow(10.0, std::floor(std::log10(number)));
  for (const double step : {1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0})
    if (step * power >= number * 0.999) return step * power;
  return 10 * power;
}

/// Words of the chosen head counts along the axis, leaving out those that would touch.
void draw_head_numbers(const ui::Ui& ui, const Axes& axes, const std::vector<int>& counts, int trained, int shown) {
  std::vector<std::pair<float, float>> taken;
  const auto place = [&](int heads, ImU32 color) {
    const std::string word = std::to_string(heads);
    const float w = ui::measure(ui, ui::Type::small, word).x, x = axes.at(heads, 0).x - w / 2;
    for (const auto& [a, b] : taken)
      if (x < b + ui.px(5) && x + w > a - ui.px(5)) return;
    taken.emplace_back(x, x + w);
    ui::draw_text(ui, ui::Type::small, {x, axes.to.y + ui.px(4)}, color, word);
  };
  place(shown, ui.theme.text);
  place(trained, ui.theme.accent);  // as on the slider
  place(counts.front(), ui.theme.faint);
  place(counts.back(), ui.theme.faint);
  for (const int heads : counts) place(heads, ui.theme.faint);
}

double predicted_at(const CostCurve& curve, int heads) {
  for (const CostCurve::Prediction& p : curve.predicted)
    if (p.heads == heads) return p.ms;
  return 0;
}

}  // namespace

void CostColumn::draw_curve(Bench& bench, float height) {
  ui::Ui& ui = bench.ui;
  Session& session = bench.session;
  const ImVec2 top = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  const bool all = all_blocks_;
  ui::heading(ui,
              whole_ ? "COST OVER HEAD COUNT · whole model" : "COST OVER HEAD COUNT · block " + std::to_string(block_),
              all ? "heads of all blocks" : "heads of block " + std::to_string(block_));

  const vit::ModelConfig& config = trace_->model->config;
  const std::vector<int> counts = vit::divisors(config.channels);
  const int shown = trace_->settings.heads(block_);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float button = ui.fonts.size(ui::Type::body) + ui.px(11);
  const float number = ui.fonts.size(ui::Type::small);
  const float bottom = top.y + height - button - ui.px(8);
  Axes axes{.from = {at.x + ui.px(34), at.y + ui.px(6)}, .to = {at.x + width - ui.px(14), bottom - number - ui.px(6)}};
  axes.heads_max = counts.back();
  double largest = 0;
  for (const CostCurve::Dot& dot : curve_.measured) largest = std::max(largest, dot.time.median_ms);
  for (const CostCurve::Prediction& p : curve_.predicted) largest = std::max(largest, p.ms);
  axes.ms_max = largest > 0 ? round_up(largest) : 1;

  ImDrawList& list = *ImGui::GetWindowDrawList();
  for (const double tick : {0.0, 0.5, 1.0}) {
    const float y = std::floor(axes.at(1, tick * axes.ms_max).y);
    list.AddLine({axes.from.x, y}, {axes.to.x, y}, ui.theme.line);
    const std::string word = tick == 0 ? "0" : fmt::format("{:g}", tick * axes.ms_max) + (tick == 1.0 ? " ms" : "");
    const float w = ui::measure(ui, ui::Type::small, word).x;
    ui::draw_text(ui, ui::Type::small,
                  {tick == 1.0 ? at.x : axes.from.x - ui.px(6) - w, y - ui.fonts.size(ui::Type::small) / 2},
                  ui.theme.faint, word);
  }
  std::vector<ImVec2> line;
  for (const CostCurve::Prediction& p : curve_.predicted) line.push_back(axes.at(p.heads, p.ms));
  for (std::size_t i = 0; i + 1 < line.size(); ++i)  // dashes
    for (float t = 0; t < 1; t += 0.25f) {
      const auto mix = [&](float s) {
        return ImVec2{line[i].x + (line[i + 1].x - line[i].x) * s, line[i].y + (line[i + 1].y - line[i].y) * s};
      };
      list.AddLine(mix(t), mix(t + 0.14f), ui.theme.soft, ui.px(1.2f));
    }
  for (const CostCurve::Dot& dot : curve_.measured) {
    const ImVec2 p = axes.at(dot.heads, dot.time.median_ms);
    list.AddCircleFilled(p, ui.px(dot.shown ? 4.5f : 3.5f), dot.shown ? ui.theme.accent : ui.theme.bar);
    if (dot.heads == config.num_heads) list.AddCircle(p, ui.px(6.5f), ui.theme.text, 0, ui.px(1));
  }
  draw_head_numbers(ui, axes, counts, config.num_heads, shown);

  // A hint explains the head count nearest to the cursor; a click sets it.
  ImGui::SetCursorScreenPos(at);
  const bool pressed = ImGui::InvisibleButton("cost.curve", {width, std::max(10.f, bottom - at.y)});
  const bool over = ImGui::IsItemHovered();
  if (over) {
    const float x = ImGui::GetIO().MousePos.x;
    const int nearest = *std::min_element(counts.begin(), counts.end(), [&](int a, int b) {
      return std::abs(axes.at(a, 0).x - x) < std::abs(axes.at(b, 0).x - x);
    });
    list.AddLine({axes.at(nearest, 0).x, axes.from.y}, {axes.at(nearest, 0).x, axes.to.y}, ui.theme.track);
    std::string words = std::to_string(nearest) + (nearest == 1 ? " head" : " heads") + " of " +
                        std::to_string(config.channels / nearest);
    const double predicted = predicted_at(curve_, nearest);
    if (predicted > 0)
      words += fmt::format("\npredicted {:.3f} ms = Σ operations ÷ each operator's rate at {} heads", predicted,
                           config.num_heads);
    for (const CostCurve::Dot& dot : curve_.measured)
      if (dot.heads == nearest) {
        words += fmt::format("\nmeasured {:.3f} ms (median of {})", dot.time.median_ms, dot.time.calls);
        if (predicted > 0)
          words += fmt::format(", {:+.0f} % off the prediction", 100 * (dot.time.median_ms / predicted - 1));
      }
    ui::hint(ui, words + "\nClick to go there.");
    if (pressed) session.set_heads(nearest);
  }
  ui::describe(ui, {.id = "cost.curve", .label = {}, .tooltip = {}}, at, {at.x + width, bottom}, over,
               std::to_string(curve_.measured.size()));

  ImGui::SetCursorScreenPos({at.x, bottom + ui.px(4)});
  const bool sweeping = session.status().doing == WorkerStatus::Doing::sweeping;
  if (ui::button(ui,
                 {.id = "cost.sweep",
                  .label = sweeping ? "Cancel sweep" : "Sweep",
                  .tooltip = sweeping ? "Stops; the dots that are there stay."
                                      : "Measures every possible head count, a few passes each, and fills in the dots.",
                  .key = bench.commands.keys_of("cost.sweep")}))
    bench.session.toggle_sweep();
  const float text_y = bottom + ui.px(4) + (button - number) / 2;
  const std::string key = std::to_string(curve_.measured.size()) + " of " + std::to_string(counts.size()) + " measured";
  float x = at.x + width - ui::measure(ui, ui::Type::small, key).x;
  ui::draw_text(ui, ui::Type::small, {x, text_y}, ui.theme.faint, key);
  list.AddCircleFilled({x - ui.px(9), text_y + number / 2}, ui.px(3.5f), ui.theme.bar);
  const char* predicted = "predicted";
  x -= ui.px(26) + ui::measure(ui, ui::Type::small, predicted).x;
  ui::draw_text(ui, ui::Type::small, {x, text_y}, ui.theme.faint, predicted);
  for (int dash = 0; dash < 3; ++dash) {
    const float dx = x - ui.px(22) + ui.px(6) * static_cast<float>(dash);
    list.AddLine({dx, text_y + number / 2}, {dx + ui.px(4), text_y + number / 2}, ui.theme.soft, ui.px(1.2f));
  }
  ImGui::SetCursorScreenPos({at.x, top.y + height});
  ImGui::Dummy({width, 1});
}

}  // namespace headlight
