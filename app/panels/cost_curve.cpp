// The plot of the right column: time over the head count, measured dots on the predicted line, or a line an operator.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "app/panels/bench.h"
#include "app/panels/curve_axes.h"
#include "app/panels/right_column.h"
#include "app/ui/widgets.h"
#include "app/words/quantity.h"

namespace headlight {
namespace {

/// Words of the chosen head counts along the axis, leaving out those that would touch.
void draw_head_numbers(const ui::Ui& ui, const CurveAxes& axes, const std::vector<int>& counts, int trained,
                       int shown) {
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

/// Lines and numbers of the times, leaving out numbers that would touch.
void draw_times_axis(const ui::Ui& ui, const CurveAxes& axes) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float high = ui.fonts.size(ui::Type::small);
  float below = axes.to.y + high;                 // the number below ends here
  std::vector<std::pair<float, double>> numbers;  // y, ms
  for (const double tick : time_ticks(axes.least_ms, axes.most_ms)) {
    const float y = std::floor(axes.at(1, tick).y);
    list.AddLine({axes.from.x, y}, {axes.to.x, y}, ui.theme.line);
    if (y + high / 2 > below) continue;
    below = y - high / 2;
    numbers.emplace_back(y, tick);
  }
  for (const auto& [y, tick] : numbers) {
    const std::string word = fmt::format("{:g}", tick) + (tick == numbers.back().second ? " ms" : "");
    const float w = ui::measure(ui, ui::Type::small, word).x;
    ui::draw_text(ui, ui::Type::small, {axes.from.x - ui.px(6) - w, y - high / 2}, ui.theme.faint, word);
  }
}

/// The predicted line in dashes.
void draw_prediction(const ui::Ui& ui, const CurveAxes& axes, const std::vector<CostCurve::Prediction>& predicted) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  std::vector<ImVec2> line;
  line.reserve(predicted.size());
  for (const CostCurve::Prediction& p : predicted) line.push_back(axes.at(p.heads, p.ms));
  for (std::size_t i = 0; i + 1 < line.size(); ++i)
    for (float t = 0; t < 1; t += 0.25f) {
      const auto mix = [&](float s) {
        return ImVec2{line[i].x + (line[i + 1].x - line[i].x) * s, line[i].y + (line[i + 1].y - line[i].y) * s};
      };
      list.AddLine(mix(t), mix(t + 0.14f), ui.theme.soft, ui.px(1.2f));
    }
}

/// From the quickest to the slowest pass.
void draw_whisker(const ui::Ui& ui, const CurveAxes& axes, const CostCurve::Dot& dot, ImU32 color) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ImVec2 low = axes.at(dot.heads, dot.time.min_ms), high = axes.at(dot.heads, dot.time.max_ms);
  const float cap = ui.px(3);
  list.AddLine(low, high, color, ui.px(1));
  list.AddLine({low.x - cap, low.y}, {low.x + cap, low.y}, color, ui.px(1));
  list.AddLine({high.x - cap, high.y}, {high.x + cap, high.y}, color, ui.px(1));
}

void draw_dots(const ui::Ui& ui, const CurveAxes& axes, const std::vector<CostCurve::Dot>& dots, int trained) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  for (const CostCurve::Dot& dot : dots) {
    const ImU32 color = dot.shown ? ui.theme.mark : ui.theme.bar;
    draw_whisker(ui, axes, dot, color);
    const ImVec2 p = axes.at(dot.heads, dot.time.median_ms);
    list.AddCircleFilled(p, ui.px(dot.shown ? 4.5f : 3.5f), color);
    if (dot.heads == trained) list.AddCircle(p, ui.px(6.5f), ui.theme.text, 0, ui.px(1));
  }
}

/// A line for each operator, with its name where it ends.
void draw_operators(const ui::Ui& ui, const CurveAxes& axes, const std::vector<CostCurve::Line>& lines) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  struct Name {
    float y = 0;
    const CostCurve::Line* line = nullptr;
  };
  std::vector<Name> names;
  for (const CostCurve::Line& line : lines) {
    const ImU32 color = color_of(line.op, ui.theme.dark);
    for (std::size_t i = 0; i < line.dots.size(); ++i) {
      const ImVec2 p = axes.at(line.dots[i].heads, line.dots[i].time.median_ms);
      if (i > 0) {
        const CostCurve::Dot& before = line.dots[i - 1];
        list.AddLine(axes.at(before.heads, before.time.median_ms), p, color, ui.px(1.3f));
      }
      list.AddCircleFilled(p, ui.px(line.dots[i].shown ? 3.5f : 2.5f), color);
    }
    names.push_back({axes.at(1, line.dots.back().time.median_ms).y, &line});
  }
  // As many names as there is room for; the slowest operators have theirs. From the top down, each as near to its line
  // as those above and below let it.
  std::sort(names.begin(), names.end(), [](const Name& a, const Name& b) { return a.y < b.y; });
  const float high = ui.fonts.size(ui::Type::small), top = axes.from.y - high / 2;
  const float room = std::floor((axes.to.y - top) / high);
  names.resize(std::min(names.size(), static_cast<std::size_t>(std::max(room, 0.f))));
  float next = top;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const float last = axes.to.y - high * static_cast<float>(names.size() - i);
    const float y = std::max(next, std::min(names[i].y - high / 2, last));
    ui::draw_text(ui, ui::Type::small, {axes.to.x + ui.px(9), y}, ui.theme.soft, vit::name_of(names[i].line->op));
    list.AddRectFilled({axes.to.x + ui.px(4), y + high / 2 - ui.px(1)}, {axes.to.x + ui.px(7), y + high / 2 + ui.px(1)},
                       color_of(names[i].line->op, ui.theme.dark));
    next = y + high;
  }
}

const CostCurve::Dot* dot_at(const std::vector<CostCurve::Dot>& dots, int heads) {
  const auto found = std::find_if(dots.begin(), dots.end(), [&](const CostCurve::Dot& d) { return d.heads == heads; });
  return found == dots.end() ? nullptr : &*found;
}

/// What the hint says of a head count.
std::string words_of(const CostCurve& curve, int heads, const vit::ModelConfig& config, bool by_operator) {
  std::string words =
      fmt::format("{} {} of {} channels", heads, heads == 1 ? "head" : "heads", config.channels / heads);
  const auto predicted = std::find_if(curve.predicted.begin(), curve.predicted.end(),
                                      [&](const CostCurve::Prediction& p) { return p.heads == heads; });
  if (predicted != curve.predicted.end())
    words += fmt::format("\npredicted {} ms = Σ operations ÷ each operator's rate at {} heads", ms_text(predicted->ms),
                         config.num_heads);
  const CostCurve::Dot* dot = dot_at(curve.measured, heads);
  if (dot == nullptr) return words + "\nnot measured";
  words += fmt::format("\nmeasured {} ms, {} to {}, median of {}, spread {:.0f} %", ms_text(dot->time.median_ms),
                       ms_text(dot->time.min_ms), ms_text(dot->time.max_ms), dot->time.calls, 100 * dot->time.spread);
  if (predicted != curve.predicted.end())
    if (const double off = dot->time.median_ms / predicted->ms - 1; std::abs(off) >= 0.005)
      words += fmt::format("\n{}{:.0f} % off the prediction", off < 0 ? "−" : "+", 100 * std::abs(off));
  if (!by_operator) return words;
  for (const CostCurve::Line& line : curve.operators)
    if (const CostCurve::Dot* part = dot_at(line.dots, heads))
      words += fmt::format("\n{}: {} ms", vit::name_of(line.op), ms_text(part->time.median_ms));
  return words;
}

std::vector<double> times_of(const CostCurve& curve, bool by_operator) {
  std::vector<double> ms;
  if (by_operator) {
    for (const CostCurve::Line& line : curve.operators)
      for (const CostCurve::Dot& dot : line.dots) ms.push_back(dot.time.median_ms);
    return ms;
  }
  for (const CostCurve::Dot& dot : curve.measured) ms.insert(ms.end(), {dot.time.min_ms, dot.time.max_ms});
  for (const CostCurve::Prediction& p : curve.predicted) ms.push_back(p.ms);
  return ms;
}

}  // namespace

void CostColumn::draw_curve(Bench& bench, float height) {
  ui::Ui& ui = bench.ui;
  const ImVec2 top = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  ui::heading(
      ui, whole_ ? "TIME OVER HEAD COUNT · whole network" : "TIME OVER HEAD COUNT · block " + std::to_string(block_),
      all_blocks_ ? "heads of all blocks" : "heads of block " + std::to_string(block_));

  const vit::ModelConfig& config = trace_->model->config;
  const std::vector<int> counts = vit::possible_heads(config);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float button = ui.fonts.size(ui::Type::body) + ui.px(11);
  const float number = ui.fonts.size(ui::Type::small);
  const float bottom = top.y + height - button - ui.px(8);
  float names = ui.px(14);
  if (curve_by_operator_)
    for (const CostCurve::Line& line : curve_.operators)
      names = std::max(names, ui::measure(ui, ui::Type::small, vit::name_of(line.op)).x + ui.px(11));
  CurveAxes axes{.from = {at.x + ui.px(52), at.y + ui.px(6)},
                 .to = {at.x + width - names, bottom - number - ui.px(6)},
                 .most_heads = static_cast<double>(counts.back())};
  fit_times(axes, times_of(curve_, curve_by_operator_));
  draw_times_axis(ui, axes);
  if (curve_by_operator_) {
    draw_operators(ui, axes, curve_.operators);
  } else {
    draw_prediction(ui, axes, curve_.predicted);
    draw_dots(ui, axes, curve_.measured, config.num_heads);
  }
  draw_head_numbers(ui, axes, counts, config.num_heads, trace_->settings.heads(block_));

  // A hint explains the head count nearest to the cursor; a click sets it.
  ImGui::SetCursorScreenPos(at);
  const bool pressed = ImGui::InvisibleButton("cost.curve", {width, std::max(10.f, bottom - at.y)});
  const bool over = ImGui::IsItemHovered();
  if (over) {
    const float x = ImGui::GetIO().MousePos.x;
    const int nearest = *std::min_element(counts.begin(), counts.end(), [&](int a, int b) {
      return std::abs(axes.at(a, 0).x - x) < std::abs(axes.at(b, 0).x - x);
    });
    const float line = axes.at(nearest, 0).x;
    ImGui::GetWindowDrawList()->AddLine({line, axes.from.y}, {line, axes.to.y}, ui.theme.track);
    ui::hint(ui, words_of(curve_, nearest, config, curve_by_operator_) + "\nClick to go there.");
    if (pressed) bench.session.set_heads(nearest);
  }
  ui::describe(ui, {.id = "cost.curve", .label = {}, .tooltip = {}}, at, {at.x + width, bottom}, over,
               std::to_string(curve_.measured.size()));
  draw_curve_foot(bench, {at.x, bottom + ui.px(4)}, width);
  ImGui::SetCursorScreenPos({at.x, top.y + height});
  ImGui::Dummy({width, 1});
}

/// The buttons and what the marks mean.
void CostColumn::draw_curve_foot(Bench& bench, ImVec2 at, float width) {
  ui::Ui& ui = bench.ui;
  Session& session = bench.session;
  ImGui::SetCursorScreenPos(at);
  const bool sweeping = session.status().doing == WorkerStatus::Doing::sweeping;
  if (ui::button(ui,
                 {.id = "cost.sweep",
                  .label = sweeping ? "Stop measuring" : "Measure all head counts",
                  .tooltip = sweeping ? "Stops; the dots that are there stay."
                                      : "Measures every possible head count, a few passes each, and fills in the dots.",
                  .key = bench.commands.keys_of("cost.sweep")}))
    session.toggle_sweep();
  ImGui::SameLine(0, ui.px(6));
  if (ui::button(ui,
                 {.id = "cost.curve.operators",
                  .label = "Operators",
                  .tooltip = "A line for each operator that takes a notable part of the time, in place of the whole."},
                 0, curve_by_operator_))
    curve_by_operator_ = !curve_by_operator_;
  const float room = at.x + width - ImGui::GetItemRectMax().x - ui.px(6);

  const float number = ui.fonts.size(ui::Type::small);
  const float y = at.y + (ui.fonts.size(ui::Type::body) + ui.px(11) - number) / 2;
  const std::size_t counts = vit::possible_heads(trace_->model->config).size();
  const auto width_of = [&](const std::string& text) { return ui::measure(ui, ui::Type::small, text).x; };
  std::string words = curve_.noisy ? "noisy machine" : fmt::format("{} of {}", curve_.measured.size(), counts);
  if (curve_.noisy && width_of(words) > room) words = "noisy";  // a wide font
  ui::draw_text(ui, ui::Type::small, {at.x + width - width_of(words), y},
                curve_.noisy ? ui.theme.accent : ui.theme.faint, words);
}

}  // namespace headlight
