#include "app/pages/lab_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string>

#include "app/cost/lab_plots.h"
#include "app/cost/lab_text.h"
#include "app/export/export.h"
#include "app/export/plot_figure.h"
#include "app/files/write_file.h"
#include "app/pages/lab_controls.h"
#include "app/panels/bench.h"
#include "app/panels/log_plot_view.h"
#include "app/ui/choose.h"
#include "app/ui/widgets.h"

namespace headlight {
namespace {

constexpr float kGap = 8;                           // points
constexpr float kPlotShare = 0.62f;                 // of the width, beside the exponents
constexpr float kNoteShare = 0.48f;                 // of the height
constexpr float kPicture = 250, kLeastWords = 560;  // points: the photo beside the note, and what the note needs

ImU32 color_of(const ui::Ui& ui, vit::Says says) {
  switch (says) {
    case vit::Says::holds:
      return ui.theme.good;
    case vit::Says::in_part:
      return ui.theme.accent;
    case vit::Says::fails:
      return ui.theme.bad;
    case vit::Says::unclear:
    case vit::Says::unknown:
      break;
  }
  return ui.theme.soft;
}

/// A table cell whose right edge is at x.
void right_aligned(const ui::Ui& ui, float x, float y, ImU32 color, const std::string& text) {
  ui::draw_text(ui, ui::Type::small, {x - ui::measure(ui, ui::Type::small, text).x, y}, color, text);
}

}  // namespace

void LabPage::update(const Bench& bench) {
  const vit::ModuleSpec spec = lab_spec(bench);
  const vit::LabAxis axis = lab_axis(bench);
  auto result = bench.lab.result();
  if (result && !(result->plan.base == spec)) result = nullptr;
  if (spec_ && *spec_ == spec && axis_ == axis && result_ == result) return;
  spec_ = spec;
  axis_ = axis;
  result_ = result;
  sweep_ = vit::lab_sweep(spec, axis, result.get());
  plot_ = sweep_plot(sweep_);
  verdicts_ = vit::lab_verdicts(spec, result.get());
  slips_ = vit::note_slips(spec);
}

/// What the module's controls leave of the line: the button that measures, and how far that is.
void LabPage::draw_measuring(Bench& bench, ImVec2 at, float width) {
  ui::Ui& ui = bench.ui;
  const bool runs = bench.lab.running() == LabDesk::Job::module;
  const float button = ui.px(104), gap = ui.px(kGap);
  ImGui::SetCursorScreenPos(at);
  if (runs) {
    if (ui::button(ui,
                   {.id = "lab.stop", .label = "Stop", .tooltip = "Ends the measurement; what was found before stays."},
                   button, true))
      bench.lab.cancel();
    ui.wake(ImGui::GetTime() + 0.1);
  } else if (ui::button(
                 ui,
                 {.id = "lab.measure",
                  .label = result_ ? "Measure again" : "Measure",
                  .tooltip = "Measures every point of the four sweeps side by side, in rounds, while nothing else "
                             "runs here: some seconds."},
                 button, !result_))
    bench.lab.measure({.base = *spec_});
  ImGui::SetCursorScreenPos({at.x + button + gap, at.y});
  const float save_width = ui.px(64);
  if (ui::button(ui,
                 {.id = "lab.save",
                  .label = "Save…",
                  .tooltip = "Saves this plot as PNG, PDF or SVG, or all sweeps as CSV or JSON: the file’s ending says "
                             "which."},
                 save_width))
    save(bench);
  const float x = at.x + button + save_width + 2 * gap, room = at.x + width - x;
  std::string words = "Not measured here yet: the counted operations alone.";
  ImU32 color = ui.theme.soft;
  if (runs) {
    words = bench.lab.waits() ? "waits until the window is at rest"
                              : fmt::format("measuring, {:.0f} %", 100 * bench.lab.progress());
  } else if (const std::string failure = bench.lab.failure(); !failure.empty()) {
    words = failure;
    color = ui.theme.bad;
  } else if (result_) {
    words = fmt::format("{}; medians of {} rounds, whiskers from the quickest to the slowest.",
                        result_->instruction_set, result_->rounds);
    if (const double spread = result_->spread(); spread > vit::kNoisySpread)
      words += fmt::format(" Noisy machine: spread {:.0f} %.", 100 * spread);
  }
  const float high = ui.fonts.size(ui::Type::body) + ui.px(11), two_lines = 2.2f * ui.fonts.size(ui::Type::small);
  const std::string fits = ui::shortened_to_fit(ui, ui::Type::small, words, room, two_lines);
  const float tall = ui::measure(ui, ui::Type::small, fits, room).y;
  ui::draw_text(ui, ui::Type::small, {x, std::floor(at.y + (high - tall) / 2)}, color, fits, room);
  ui::describe(ui, {.id = "lab.state", .label = {}}, {x, at.y}, {x + room, at.y + high}, false, words);
}

/// Which sweep is drawn.
void LabPage::draw_axis(Bench& bench, ImVec2 at, float width) {
  ui::Ui& ui = bench.ui;
  ui::draw_text(ui, ui::Type::small, {at.x, at.y + ui.px(6)}, ui.theme.soft, "sweep over");
  const float label = ui::measure(ui, ui::Type::small, "sweep over").x + ui.px(8);
  ImGui::SetCursorScreenPos({at.x + label, at.y});
  vit::LabAxis axis = axis_;
  if (ui::choose_segment(ui, {.id = "lab.axis", .label = {}}, axis, std::min(width - label, ui.px(230))))
    bench.session.view.parameters["lab.axis"] = static_cast<double>(axis);
}

/// The fitted powers, beside the plot.
void LabPage::draw_exponents(Bench& bench, ImVec2 from, ImVec2 size) const {
  ui::Ui& ui = bench.ui;
  const float line = ui.fonts.size(ui::Type::small) + ui.px(4);
  const float time = from.x + size.x, work = time - ui.px(92);
  float y = from.y;
  const std::string axis = vit::choice_of(axis_).name;
  ui::draw_text(ui, ui::Type::small, {from.x, y}, ui.theme.soft, "as " + axis + " to the power of");
  y += line;
  ui::draw_text(ui, ui::Type::small, {from.x, y}, ui.theme.soft, "operator");
  right_aligned(ui, work, y, ui.theme.soft, "counted");
  right_aligned(ui, time, y, ui.theme.soft, "measured");
  y += line;
  ImGui::GetWindowDrawList()->AddLine({from.x, y - ui.px(2)}, {time, y - ui.px(2)}, ui.theme.line);
  bool starred = false;
  for (const vit::LabLine& row : sweep_.lines) {
    if (y + line > from.y + size.y) break;
    ui::draw_text(ui, ui::Type::small, {from.x, y}, row.op ? ui.theme.text : ui.theme.accent, row.name);
    right_aligned(ui, work, y, ui.theme.soft, exponent_text(row.work_fit, false) + (row.counts_bytes ? "*" : ""));
    right_aligned(ui, time, y, ui.theme.text, exponent_text(row.time_fit, true));
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const bool over =
        ImGui::IsWindowHovered() && mouse.x >= from.x && mouse.x < time && mouse.y >= y && mouse.y < y + line;
    ui::Control control{.id = "lab.row." + std::string(row.op ? vit::id_of(*row.op) : "module"), .label = {}};
    if (over)
      control.tooltip =
          "A straight line through the logarithms of its points: the slope, and for the times the slope’s "
          "standard error." +
          std::string(row.counts_bytes ? " * It has no operations: the bytes that it moves." : "");
    ui::describe(ui, control, {from.x, y}, {time, y + line}, over, exponent_text(row.time_fit, true));
    starred = starred || row.counts_bytes;
    y += line;
  }
  if (starred && y + line <= from.y + size.y)
    ui::draw_text(ui, ui::Type::small, {from.x, y}, ui.theme.faint,
                  ui::shortened(ui, ui::Type::small, "* the bytes that it moves", size.x));
}

/// The note's sentences and formulas, each with what is so.
void LabPage::draw_note(Bench& bench, ImVec2 from, ImVec2 size) const {
  ui::Ui& ui = bench.ui;
  ImGui::SetCursorScreenPos(from);
  ImGui::BeginChild("lab.note", size, false);
  const float width = ImGui::GetContentRegionAvail().x, small = ui.fonts.size(ui::Type::small);
  const float indent = ui.px(14), words = ui.px(166);
  ui::heading(ui, "A STUDENT’S NOTE SAYS");
  ui::wrapped(ui, ui::Type::small, ui.theme.soft, kStudentsNote);
  for (const vit::Verdict& verdict : verdicts_) {
    const ImVec2 begin = ImGui::GetCursorScreenPos();
    ui::wrapped(ui, ui::Type::body, ui.theme.text, "“" + verdict.claim + "”");
    const auto part = [&](const char* by, vit::Says says, const std::string& sentence) {
      const ImVec2 at = ImGui::GetCursorScreenPos();
      ui::draw_text(ui, ui::Type::small, {at.x + indent, at.y}, ui.theme.soft, by);
      const float after = ui::measure(ui, ui::Type::small, by).x + ui.px(6);
      ui::draw_text(ui, ui::Type::small, {at.x + indent + after, at.y}, color_of(ui, says), vit::word_of(says));
      const float room = width - indent - words - ui.px(6);
      const ImVec2 extent = ui::measure(ui, ui::Type::small, sentence, room);
      ui::draw_text(ui, ui::Type::small, {at.x + indent + words, at.y}, ui.theme.soft, sentence, room);
      ImGui::Dummy({width, std::max(extent.y, small)});
    };
    part("by operations", verdict.by_operations, verdict.operations);
    part("by time", verdict.by_time, verdict.time.empty() ? "Measure to see." : verdict.time);
    const ImVec2 end = ImGui::GetCursorScreenPos();
    ui::describe(ui, {.id = "lab.verdict." + verdict.id, .label = {}}, begin, {begin.x + width, end.y}, false,
                 std::string(vit::word_of(verdict.by_operations)) + ", " + vit::word_of(verdict.by_time));
    ui::gap(ui, 4);
  }
  ui::heading(ui, "THE NOTE’S FORMULAS, CORRECTED");
  for (const vit::NoteSlip& slip : slips_) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const std::string formula = slip.note + "  →  " + slip.formula;
    ui::draw_text(ui, ui::Type::small, {at.x + indent, at.y}, ui.theme.text, slip.what);
    ui::draw_text(ui, ui::Type::small, {at.x + indent + ui.px(52), at.y}, ui.theme.accent, formula);
    const float x = indent + ui.px(52) + ui.px(150), room = width - x - ui.px(6);
    const ImVec2 extent = ui::measure(ui, ui::Type::small, slip.sentence, room);
    ui::draw_text(ui, ui::Type::small, {at.x + x, at.y}, ui.theme.soft, slip.sentence, room);
    ImGui::Dummy({width, std::max(extent.y, small)});
  }
  ImGui::EndChild();
}

void LabPage::save(Bench& bench) const {
  const auto write = [&bench, plot = plot_, spec = *spec_, axis = axis_, result = result_](std::filesystem::path to) {
    if (!to.has_extension()) to += ".svg";
    bench.session.run_errand([=](const std::stop_token&, const auto&) -> std::string {
      const std::string ending = to.extension().string();
      if (ending == ".csv" || ending == ".json") {
        const std::string text = ending == ".csv" ? lab_csv(spec, result.get()) : lab_json(spec, result.get());
        make_folder_of(to);
        write_file(to, text);
      } else {
        export_plot(plot, lab_title(axis), lab_subtitle(spec, result.get()), {}, to);
      }
      return "Saved " + to.string() + ".";
    });
  };
  bench.browser.open({.mode = ui::FileBrowser::Mode::save_file,
                      .title = "Save the sweep",
                      .endings = {".svg", ".pdf", ".png", ".csv", ".json"},
                      .recent = {},
                      .folder = bench.preferences.folder,
                      .name = std::string("attention_over_") + vit::id_of(axis_) + ".svg",
                      .chosen = write});
}

void LabPage::draw(Bench& bench, const Area& area) {
  const ui::Ui& ui = bench.ui;
  update(bench);
  const float line = ui.fonts.size(ui::Type::body) + ui.px(11), gap = ui.px(kGap);
  float y = area.from.y;
  y += draw_lab_controls(bench, *spec_, area.from, area.size.x) + gap;
  draw_measuring(bench, {area.from.x, y}, area.size.x);
  y += line + gap;
  draw_axis(bench, {area.from.x, y}, area.size.x);
  y += line + gap;
  const float end = area.from.y + area.size.y;
  const float note = std::floor((end - y) * kNoteShare), plot_height = end - y - note - gap;
  const float plot_width = std::floor(area.size.x * kPlotShare);
  draw_log_plot(bench, plot_, "lab.plot", {area.from.x, y}, {plot_width, plot_height});
  draw_exponents(bench, {area.from.x + plot_width + ui.px(16), y}, {area.size.x - plot_width - ui.px(16), plot_height});
  const float side = std::min(ui.px(kPicture), note - ui.px(24)), beside = side + ui.px(16);
  const bool pictured = area.size.x - beside >= ui.px(kLeastWords);
  draw_note(bench, {area.from.x, end - note}, {area.size.x - (pictured ? beside : 0), note});
  if (pictured) picture_.draw(bench, {area.from.x + area.size.x - side, end - note}, side);
}

}  // namespace headlight
