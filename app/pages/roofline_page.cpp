#include "app/pages/roofline_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "app/cost/ceilings_file.h"
#include "app/cost/lab_plots.h"
#include "app/cost/lab_text.h"
#include "app/export/export.h"
#include "app/export/file_names.h"
#include "app/export/plot_figure.h"
#include "app/files/write_file.h"
#include "app/panels/bench.h"
#include "app/panels/log_plot_view.h"
#include "app/ui/widgets.h"
#include "engine/network/settings_words.h"

namespace headlight {
namespace {

constexpr float kLine = 27, kGap = 8;  // points
constexpr double kAbove = 1.1;         // times its ceiling
constexpr float kPages = 144, kScope = 200, kCalibrate = 112, kSave = 64;

}  // namespace

void RooflinePage::update(const Bench& bench) {
  const Session& session = bench.session;
  const auto& trace = session.trace();
  const vit::Settings& settings = trace ? trace->settings : session.settings;
  const vit::Execution& machine = settings;
  const auto found = bench.lab.ceilings();
  const bool other = ceilings_for_ != machine || measured_ != found.get();
  if (other) {
    ceilings_for_ = machine;
    measured_ = found.get();
    ceilings_ = load_ceilings(ceilings_file(), machine).value_or(vit::Ceilings{});
    if (!ceilings_.known() && found && found->threads == machine.pass_threads() &&
        found->instruction_set == vit::instruction_set_of(machine))
      ceilings_ = *found;  // a read-only home
  }
  if (!trace) return;
  const int block = session.view.cost_of_model ? -1 : std::clamp(session.view.block, 0, trace->settings.depth() - 1);
  if (!other && run_ == trace->run && times_ == session.times().version() && block_ == block) return;
  run_ = trace->run;
  times_ = session.times().version();
  block_ = block;
  points_.clear();
  const vit::CostTable table(trace->model->config, trace->grid, trace->settings);
  if (const MeasuredSetting* measured = session.times().find(*trace->model, trace->grid, trace->settings))
    points_ = vit::roofline_points(table, vit::Measurements(table, measured->timings), block);
  plot_ = roofline_plot(points_, ceilings_);
  missing_ = vit::rows_without_bytes(table, block);
}

float RooflinePage::draw_controls(Bench& bench, ImVec2 at, float width) {
  ui::Ui& ui = bench.ui;
  const float gap = ui.px(kGap), top = at.y;
  float x = at.x;
  const auto place = [&](float points) {
    ImGui::SetCursorScreenPos({std::floor(x), at.y});
    x += ui.px(points) + gap;
    return ui.px(points);
  };
  draw_page_choice(bench, place(kPages));
  const std::string block = "block " + std::to_string(std::max(0, bench.session.view.block));
  const std::array<const char*, 2> names = {block.c_str(), "whole network"};
  constexpr std::array<const char*, 2> kTips = {"The operators of the chosen block.",
                                                "All blocks added up, with what stands before and behind them."};
  int scope = bench.session.view.cost_of_model ? 1 : 0;
  const float segments = place(kScope);
  if (ui::segments(ui, {.id = "roofline.scope", .label = {}, .key = bench.commands.keys_of("cost.scope")}, scope, names,
                   kTips, segments))
    bench.session.view.cost_of_model = scope == 1;
  if (ui.px(kPages + kScope + kCalibrate + kSave) + 3 * gap > width) {
    x = at.x;
    at.y += ui.px(kLine + 6);
  }
  const bool runs = bench.lab.running() == LabDesk::Job::ceilings;
  const float button = place(kCalibrate);
  if (runs) {
    if (ui::button(ui, {.id = "roofline.stop", .label = "Stop", .tooltip = "Ends the calibration."}, button, true))
      bench.lab.cancel();
    ui.wake(ImGui::GetTime() + 0.1);
  } else if (ui::button(
                 ui,
                 {.id = "roofline.calibrate",
                  .label = ceilings_.known() ? "Calibrate again" : "Calibrate",
                  .tooltip = "Measures for five seconds what this machine can do at most: multiply-adds with the "
                             "kernels’ instruction set, and bytes from its caches and its memory. It is kept."},
                 button, !ceilings_.known()))
    bench.lab.calibrate(*ceilings_for_, [](const vit::Ceilings& found) { save_ceilings(found, ceilings_file()); });
  const float save_width = place(kSave);
  if (ui::button(ui,
                 {.id = "roofline.save",
                  .label = "Save…",
                  .tooltip = "Saves this plot as PNG, PDF or SVG, or its points as CSV: the file’s ending says which.",
                  .enabled = !plot_.empty(),
                  .reason = "Nothing has been measured yet."},
                 save_width))
    save(bench);
  std::string words;
  if (runs)
    words = bench.lab.waits() ? "waits until the window is at rest"
                              : fmt::format("calibrating, {:.0f} %", 100 * bench.lab.progress());
  else
    words = bench.lab.failure();
  const float room = at.x + width - x;
  if (!words.empty() && room > ui.px(40))
    ui::draw_text(ui, ui::Type::small, {x, at.y + ui.px(7)}, ui.theme.soft,
                  ui::shortened(ui, ui::Type::small, words, room));
  ui::describe(ui, {.id = "roofline.state", .label = {}}, {x, at.y}, {std::max(x, at.x + width), at.y + ui.px(kLine)},
               false, words);
  return at.y + ui.px(kLine) - top;
}

std::string RooflinePage::subtitle(const Bench& bench) const {
  const vit::Trace& trace = *bench.session.trace();
  return (block_ < 0 ? std::string("whole network") : "block " + std::to_string(block_)) +
         fmt::format(", {} tokens, ", trace.grid.tokens()) + vit::settings_words(trace) +
         (ceilings_.known() ? "; " + ceilings_words(ceilings_) : "");
}

void RooflinePage::save(Bench& bench) const {
  const std::string network = network_name(bench.session.trace()->model->report.file);
  const auto write = [&bench, plot = plot_, points = points_, ceilings = ceilings_, title = "Roofline of " + network,
                      words = subtitle(bench)](std::filesystem::path to) {
    if (!to.has_extension()) to += ".svg";
    bench.session.run_errand([=](const std::stop_token&, const auto&) -> std::string {
      if (to.extension() == ".csv") {
        make_folder_of(to);
        write_file(to, roofline_csv(points, ceilings));
      } else {
        export_plot(plot, title, words, {}, to);
      }
      return "Saved " + to.string() + ".";
    });
  };
  bench.browser.open({.mode = ui::FileBrowser::Mode::save_file,
                      .title = "Save the roofline",
                      .endings = {".svg", ".pdf", ".png", ".csv"},
                      .recent = {},
                      .folder = bench.preferences.folder,
                      .name = safe_name_part(network, 48, "network") + "__roofline.svg",
                      .chosen = write});
}

void RooflinePage::draw(Bench& bench, const Area& area) {
  const ui::Ui& ui = bench.ui;
  update(bench);
  const float controls = draw_controls(bench, area.from, area.size.x);
  const float small = ui.fonts.size(ui::Type::small), top = controls + ui.px(kGap + 2);
  const float foot = 4 * small + ui.px(22);
  const ImVec2 from{area.from.x, area.from.y + top}, size{area.size.x, area.size.y - top - foot};
  if (points_.empty()) {
    const char* const words = bench.session.trace() ? "Measuring the operators…" : "Open a model and a photo first.";
    const ImVec2 extent = ui::measure(ui, ui::Type::title, words);
    ui::draw_text(ui, ui::Type::title, {from.x + (size.x - extent.x) / 2, from.y + size.y / 2}, ui.theme.faint, words);
  } else {
    const int found = draw_log_plot(bench, plot_, "roofline.plot", from, size);
    if (found >= 0) hovered_ = found;
  }
  if (hovered_ >= static_cast<int>(points_.size())) hovered_ = -1;
  std::string words =
      "Calibrate to see what this machine can do at most. Each point is an operator: further right it "
      "does more with each byte, further up it does it faster.";
  if (ceilings_.known() && hovered_ >= 0)
    words = vit::sentence_of(points_[static_cast<std::size_t>(hovered_)], ceilings_);
  else if (ceilings_.known())
    words = "Under the slanted lines memory or cache bounds an operator, under the level one arithmetic. " +
            ceilings_words(ceilings_) + ".";
  if (ceilings_.known() && hovered_ < 0) {
    std::vector<std::string> above;
    for (const vit::RooflinePoint& point : points_)
      if (point.gflops() > kAbove * ceilings_.roof(point.intensity())) above.push_back(point.name);
    if (!above.empty())
      words +=
          fmt::format(" Above the lines: {}; {} from nearer caches, or this machine was busy while it was calibrated.",
                      fmt::join(above, ", "), above.size() == 1 ? "it reads" : "they read");
  }
  if (hovered_ < 0 && !missing_.empty())
    words += fmt::format(" Not here: {}, which moves nothing with the fused kernel.", fmt::join(missing_, ", "));
  const float pad = ui.px(12), y = area.from.y + area.size.y - foot + ui.px(8);
  ImGui::GetWindowDrawList()->AddRectFilled({from.x, y}, {from.x + size.x, area.from.y + area.size.y}, ui.theme.panel,
                                            ui.px(4));
  ui::draw_text(ui, ui::Type::small, {from.x + pad, y + ui.px(6)}, ui.theme.text,
                ui::shortened_to_fit(ui, ui::Type::small, words, size.x - 2 * pad, 4 * small + ui.px(2)),
                size.x - 2 * pad);
  ui::describe(bench.ui, {.id = "roofline.sentence", .label = {}}, {from.x, y},
               {from.x + size.x, area.from.y + area.size.y}, false, words);
}

}  // namespace headlight
