#include "app/panels/depth_curve.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/panels/bench.h"
#include "app/ui/widgets.h"

namespace headlight {

std::vector<double> linear_ticks(double low, double high, int most) {
  std::vector<double> ticks;
  if (!(high > low)) return ticks;
  double step = std::pow(10.0, std::floor(std::log10((high - low) / most)));
  for (const double times : {1.0, 2.0, 5.0, 10.0})
    if ((high - low) / (step * times) <= most) {
      step *= times;
      break;
    }
  for (double tick = std::ceil(low / step - 1e-9) * step; tick <= high + 1e-9 * step; tick += step)
    ticks.push_back(std::abs(tick) < 1e-9 * step ? 0 : tick);
  return ticks;
}

std::string tick_text(std::string number) {
  const std::size_t point = number.find('.');
  if (point == std::string::npos) return number;
  const std::size_t digits = std::min(number.find_first_not_of("0123456789", point + 1), number.size());
  std::size_t end = digits;
  while (number[end - 1] == '0') --end;
  if (number[end - 1] == '.') --end;
  return number.erase(end, digits - end);
}

namespace {

struct Axes {
  ImVec2 from, to;
  int last = 0;
  double low = 0, high = 1;
  ImVec2 at(double block, double value) const {
    const double x = last > 0 ? block / last : 0.5, y = (value - low) / (high - low);
    return {from.x + static_cast<float>(x) * (to.x - from.x), to.y - static_cast<float>(y) * (to.y - from.y)};
  }
};

std::vector<double> means_of(const DepthCurve& curve, int depth) {
  std::vector<double> sums(static_cast<std::size_t>(depth), 0), counts(sums);
  for (const DepthDot& dot : curve.dots) {
    if (std::isnan(dot.value)) continue;
    sums[static_cast<std::size_t>(dot.block)] += dot.value;
    counts[static_cast<std::size_t>(dot.block)] += 1;
  }
  for (std::size_t b = 0; b < sums.size(); ++b) sums[b] = counts[b] > 0 ? sums[b] / counts[b] : std::nan("");
  return sums;
}

void draw_axes(const Bench& bench, const Axes& axes, const DepthCurve& curve) {
  const ui::Ui& ui = bench.ui;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float line = ui.fonts.size(ui::Type::small);
  for (const double tick : linear_ticks(axes.low, axes.high, 5)) {
    const float y = axes.at(0, tick).y;
    list.AddLine({axes.from.x - ui.px(6), y}, {axes.to.x + ui.px(6), y}, ui.theme.line);
    const std::string words = tick_text(curve.number(static_cast<float>(tick)));
    ui::draw_text(ui, ui::Type::small,
                  {axes.from.x - ui.px(10) - ui::measure(ui, ui::Type::small, words).x, y - line / 2}, ui.theme.soft,
                  words);
  }
  list.AddLine({axes.from.x - ui.px(6), axes.to.y}, {axes.to.x + ui.px(6), axes.to.y}, ui.theme.track);
  const float step = axes.last > 0 ? (axes.to.x - axes.from.x) / static_cast<float>(axes.last) : axes.to.x;
  const float widest = ui::measure(ui, ui::Type::small, std::to_string(axes.last)).x + ui.px(6);
  const int every = std::max(1, static_cast<int>(std::ceil(widest / step)));
  for (int block = 0; block <= axes.last; block += every) {
    const std::string name = std::to_string(block);
    ui::draw_text(ui, ui::Type::small,
                  {axes.at(block, 0).x - ui::measure(ui, ui::Type::small, name).x / 2, axes.to.y + ui.px(3)},
                  bench.session.view.block == block ? ui.theme.accent : ui.theme.soft, name);
  }
}

}  // namespace

void draw_depth_curve(Bench& bench, const DepthCurve& curve, ImVec2 from, ImVec2 size) {
  ui::Ui& ui = bench.ui;
  View& view = bench.session.view;
  const float line = ui.fonts.size(ui::Type::small);
  if (size.y < ui.px(70) || curve.dots.empty()) return;
  const std::string whole = curve.title + " over the blocks; the line is the mean of a block's heads";
  const bool fits = ui::measure(ui, ui::Type::small, whole).x <= size.x;
  ui::draw_text(ui, ui::Type::small, from, ui.theme.soft,
                fits ? whole : ui::shortened(ui, ui::Type::small, "over the blocks, with the mean", size.x));
  double low = 0, high = 0;
  int last = 0;
  for (const DepthDot& dot : curve.dots) {
    last = std::max(last, dot.block);
    if (std::isnan(dot.value)) continue;
    low = std::min(low, static_cast<double>(dot.value));
    high = std::max(high, static_cast<double>(dot.value));
  }
  if (high <= low) high = low + 1;
  float widest = 0;
  for (const double tick : linear_ticks(low, high, 5))
    widest = std::max(widest, ui::measure(ui, ui::Type::small, tick_text(curve.number(static_cast<float>(tick)))).x);
  const Axes axes{.from = {from.x + widest + ui.px(18), from.y + line + ui.px(12)},
                  .to = {from.x + size.x - ui.px(12), from.y + size.y - line - ui.px(6)},
                  .last = last,
                  .low = low,
                  .high = high};
  draw_axes(bench, axes, curve);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const std::vector<double> means = means_of(curve, last + 1);
  for (std::size_t b = 0; b + 1 < means.size(); ++b)
    if (!std::isnan(means[b]) && !std::isnan(means[b + 1]))
      list.AddLine(axes.at(static_cast<double>(b), means[b]), axes.at(static_cast<double>(b + 1), means[b + 1]),
                   ui.theme.bar, ui.px(1.6f));
  const DepthDot* nearest = nullptr;
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  float distance = 1e9f;
  const vit::MapLabel& chosen = bench.maps.label(bench.maps.chosen(view));
  for (const DepthDot& dot : curve.dots) {
    if (std::isnan(dot.value)) continue;
    const ImVec2 p = axes.at(dot.block, dot.value);
    const bool is_chosen = dot.block == chosen.block && dot.head == chosen.head;
    list.AddCircleFilled(p, ui.px(is_chosen ? 4.5f : 2.6f), is_chosen ? ui.theme.mark : ui.theme.soft);
    const float away = std::hypot(p.x - mouse.x, p.y - mouse.y);
    if (away < distance) {
      distance = away;
      nearest = &dot;
    }
  }
  ImGui::SetCursorScreenPos(from);
  const bool pressed = ImGui::InvisibleButton("depth.curve", size), over = ImGui::IsItemHovered();
  if (over && nearest != nullptr) {
    list.AddCircle(axes.at(nearest->block, nearest->value), ui.px(6), ui.theme.text, 0, ui.px(1));
    ui::hint(ui, fmt::format("block {}, head {}: {}\nmean of the block's heads: {}\nClick: this head.", nearest->block,
                             nearest->head, curve.number(nearest->value),
                             curve.number(static_cast<float>(means[static_cast<std::size_t>(nearest->block)]))));
    if (pressed) {
      view.block = nearest->block;
      view.head = nearest->head;
    }
  }
  ui::describe(ui, {.id = "depth.curve", .label = {}}, from, {from.x + size.x, from.y + size.y}, over,
               std::to_string(curve.dots.size()));
}

}  // namespace headlight
