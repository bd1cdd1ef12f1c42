#include "app/panels/status_bar.h"

#include <algorithm>
#include <string>

#include <fmt/core.h>

#include "app/cost/pass_words.h"
#include "app/panels/bench.h"
#include "app/ui/widgets.h"
#include "app/words/quantity.h"
#include "engine/cost/estimate.h"
#include "engine/cost/measurements.h"
#include "engine/kernels/kernels.h"
#include "engine/network/forward.h"
#include "engine/network/settings_words.h"

namespace headlight {

namespace {

/// What the passes of exactly the shown setting took; as the cost table says it for the whole network.
struct PassFigures {
  vit::RowTime wall;
  double waiting_ms = 0;
};
PassFigures figures_of(const vit::Trace& trace, const PassTimes& times) {
  const MeasuredSetting* measured = times.find(*trace.model, trace.grid, trace.settings);
  if (measured == nullptr) return {};
  const vit::CostTable table(trace.model->config, trace.grid, trace.settings);
  const vit::Measurements passes(table, measured->timings);
  return {passes.wall(), passes.waiting_ms()};
}

std::string activity(const WorkerStatus& status) {
  using Doing = WorkerStatus::Doing;
  switch (status.doing) {
    case Doing::resting:
      return "Ready";
    case Doing::loading_model:
      return "Loading the model";
    case Doing::loading_image:
      return "Loading the photo";
    case Doing::running:
      return "Computing";
    case Doing::running_other:
      return "Computing side B";
    case Doing::baseline:
      return "Computing as trained, to compare";
    case Doing::measuring:
      return "Measuring";
    case Doing::saving:
      return "Saving";
    case Doing::sweeping:
      return "Measuring all head counts";
  }
  return "";
}

}  // namespace

void draw_status_bar(Bench& bench, const std::string& working, ImVec2 from, ImVec2 size) {
  ui::Ui& ui = bench.ui;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(from, {from.x + size.x, from.y + size.y}, ui.theme.panel);
  list.AddLine(from, {from.x + size.x, from.y}, ui.theme.line);
  const float y = from.y + (size.y - ui.fonts.size(ui::Type::small)) / 2;
  float x = from.x + ui.px(14);
  std::string all;
  const WorkerStatus status = bench.session.status();
  const bool rests = status.doing == WorkerStatus::Doing::resting;
  const std::string doing = rests && !working.empty() ? working : activity(status);
  const float width = ui::measure(ui, ui::Type::small, doing).x, gap = ui.px(18), bar = ui.px(120);
  const float right = from.x + size.x - ui.px(14), end = right - width - gap;
  bool full = false;
  const auto say = [&](const std::string& text, ImU32 color) {
    const float wide = ui::measure(ui, ui::Type::small, text).x;
    full = full || x + wide > end;
    if (!full) ui::draw_text(ui, ui::Type::small, {x, y}, color, text);
    x += full ? 0 : wide + gap;
    all += (all.empty() ? "" : " · ") + text;
  };
  if (const auto& trace = bench.session.trace()) {
    const PassFigures figures = figures_of(*trace, bench.session.times());
    const double ms = figures.wall.median_ms;
    const int threads = trace->timings.threads;
    if (ms > 0) {
      const double macs = vit::estimate(trace->model->config, trace->grid, trace->settings).macs;
      const bool noisy = figures.wall.spread > vit::kNoisySpread;
      say(pass_words(ms - std::max(figures.waiting_ms, 0.0), figures.waiting_ms, threads), ui.theme.text);
      say(passes_words(figures.wall), noisy ? ui.theme.accent : ui.theme.soft);
      say(rate_text(2 * macs / ms / 1e6) + " GFLOP/s", ui.theme.soft);
    }
    say(fmt::format("{} {} · {} · {}", threads, threads == 1 ? "thread" : "threads",
                    vit::choice_of(trace->settings.kernel).name, vit::kernels().name),
        ui.theme.soft);
    if (const std::string bits = vit::precision_words(*trace); !bits.empty()) say(bits, ui.theme.accent);
    say(fmt::format("{} tokens", trace->grid.tokens()), ui.theme.soft);
  }
  ui::draw_text(ui, ui::Type::small, {right - width, y}, ui.theme.soft, doing);
  const float bar_x = right - width - ui.px(12) - bar, bar_y = from.y + size.y / 2;
  if (!rests && status.elapsed_ms > 100 && x < bar_x) {
    list.AddRectFilled({bar_x, bar_y - ui.px(2)}, {bar_x + bar, bar_y + ui.px(2)}, ui.theme.track, ui.px(2));
    list.AddRectFilled({bar_x, bar_y - ui.px(2)}, {bar_x + bar * static_cast<float>(status.fraction), bar_y + ui.px(2)},
                       ui.theme.mark, ui.px(2));
  }
  ui::describe(ui, {.id = "status", .label = {}}, from, {from.x + size.x, from.y + size.y}, false, all + " · " + doing);
}

}  // namespace headlight
