#include "app/panels/status_bar.h"

#include <utility>
#include <vector>

#include <fmt/core.h>

#include "app/panels/bench.h"
#include "app/ui/widgets.h"
#include "engine/cost/estimate.h"
#include "engine/cost/measurements.h"
#include "engine/kernels/kernels.h"
#include "engine/network/forward.h"

namespace headlight {

namespace {

/// Median wall time of the passes of exactly the shown setting; 0 before the first whole one.
double median_ms(const Session& session) {
  const vit::Trace& trace = *session.trace();
  const MeasuredSetting* measured = session.times().find(*trace.model, trace.grid, trace.settings);
  if (measured == nullptr) return 0;
  std::vector<double> ms;
  for (const vit::Timings& timings : measured->timings) ms.push_back(timings.wall_ms);
  return vit::summarise(std::move(ms)).median_ms;
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
    case Doing::baseline:
      return "Computing as trained, to compare";
    case Doing::measuring:
      return "Measuring";
    case Doing::saving:
      return "Saving";
    case Doing::sweeping:
      return "Sweeping head counts";
  }
  return "";
}

}  // namespace

void draw_status_bar(Bench& bench, ImVec2 from, ImVec2 size) {
  ui::Ui& ui = bench.ui;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(from, {from.x + size.x, from.y + size.y}, ui.theme.panel);
  list.AddLine(from, {from.x + size.x, from.y}, ui.theme.line);
  const float y = from.y + (size.y - ui.fonts.size(ui::Type::small)) / 2;
  float x = from.x + ui.px(14);
  std::string all;
  const auto say = [&](const std::string& text, ImU32 color) {
    ui::draw_text(ui, ui::Type::small, {x, y}, color, text);
    x += ui::measure(ui, ui::Type::small, text).x + ui.px(18);
    all += (all.empty() ? "" : " · ") + text;
  };
  if (const auto& trace = bench.session.trace()) {
    const double ms = median_ms(bench.session);
    if (ms > 0) {
      const double macs = vit::estimate(trace->model->config, trace->grid, trace->settings).macs;
      say(fmt::format("forward {:.{}f} ms", ms, ms < 100 ? 2 : 0), ui.theme.text);
      say(fmt::format("{:.0f} GFLOP/s", 2 * macs / ms / 1e6), ui.theme.soft);
    }
    say(fmt::format("{} {} · {} · {}", trace->settings.threads, trace->settings.threads == 1 ? "thread" : "threads",
                    vit::choice_of(trace->settings.kernel).name, vit::kernels().name),
        ui.theme.soft);
    say(fmt::format("{} tokens", trace->grid.tokens()), ui.theme.soft);
  }
  const WorkerStatus status = bench.session.status();
  const std::string doing = activity(status);
  const float width = ui::measure(ui, ui::Type::small, doing).x;
  const float right = from.x + size.x - ui.px(14);
  ui::draw_text(ui, ui::Type::small, {right - width, y}, ui.theme.soft, doing);
  if (status.doing != WorkerStatus::Doing::resting && status.elapsed_ms > 100) {
    const float bar = ui.px(120), bar_x = right - width - ui.px(12) - bar, bar_y = from.y + size.y / 2;
    list.AddRectFilled({bar_x, bar_y - ui.px(2)}, {bar_x + bar, bar_y + ui.px(2)}, ui.theme.track, ui.px(2));
    list.AddRectFilled({bar_x, bar_y - ui.px(2)}, {bar_x + bar * static_cast<float>(status.fraction), bar_y + ui.px(2)},
                       ui.theme.accent, ui.px(2));
  }
  ui::describe(ui, {.id = "status", .label = {}}, from, {from.x + size.x, from.y + size.y}, false, all + " · " + doing);
}

}  // namespace headlight
