// The commands of the Export sheet, which writes what `headlight export` writes.
#include <GLFW/glfw3.h>

#include "app/analysis/classes.h"
#include "app/export/file_names.h"
#include "app/export/report.h"
#include "app/export/view_export.h"
#include "app/panels/bench.h"
#include "app/panels/export_subject.h"
#include "app/window/commands.h"

namespace headlight {

namespace {

/// The command of `headlight export` that writes the report of what is shown.
std::string report_command(const Bench& bench, const std::filesystem::path& file) {
  const Session& session = bench.session;
  std::vector<std::string> arguments = export_arguments(session.wanted_view(), *session.model(), ArgumentsFor::map);
  arguments.insert(arguments.end(), {"--report", file.string()});
  return shell_line(arguments);
}

void save_report(Bench& bench) {
  const SheetSubject subject = export_subject(bench, false);
  const vit::Trace& trace = *subject.source.trace;
  ReportRequest report{.map = subject.map, .cost = subject.cost, .preprocessing = trace.pixels->preprocessing};
  report.predictions = told_predictions(trace);
  bench.browser.open({.mode = ui::FileBrowser::Mode::save_file,
                      .title = "Save a report",
                      .endings = {".html"},
                      .recent = {},
                      .folder = bench.preferences.folder,
                      .name = file_prefix(subject.source) + "report.html",
                      .chosen = [&bench, source = subject.source, report](const std::filesystem::path& file) mutable {
                        report.command = report_command(bench, file);
                        bench.session.run_errand(
                            [source, report, file](const std::stop_token& stop, const auto& progress) {
                              write_report(source, report, file, {progress, stop});
                              return "Saved " + file.string() + ".";
                            });
                      }});
}

}  // namespace

void add_save_commands(Bench& bench) {
  const auto ready = [&bench] { return can_export(bench); };
  const auto why_not = [&bench] { return why_no_export(bench); };
  bench.commands.add({.id = "export.sheet",
                      .menu = "Export",
                      .name = "Export…",
                      .keys = {{GLFW_KEY_E, kControl}},
                      .tooltip = "Map, overlay, all heads, grid or cost table as PNG, PDF, SVG, NPY or CSV, with a "
                                 "preview and the command that writes the same.",
                      .run = [&bench] { bench.dialogs.sheet = !bench.dialogs.sheet; },
                      .enabled = ready,
                      .reason = why_not});
  bench.commands.add({.id = "export.save",
                      .menu = "Export",
                      .name = "Save figure…",
                      .keys = {{GLFW_KEY_S, kControl}},
                      .tooltip = "Saves what the Export sheet was set to last; at first the chosen map over the photo.",
                      .run = [&bench] { bench.dialogs.save_sheet = true; },
                      .enabled = ready,
                      .reason = why_not});
  bench.commands.add({.id = "export.report",
                      .menu = "Export",
                      .name = "Save report…",
                      .keys = {},
                      .tooltip =
                          "One HTML page with everything about this pass, pictures inside: photo, the chosen map, "
                          "all heads, statistics, costs, network and settings.",
                      .run = [&bench] { save_report(bench); },
                      .enabled = ready,
                      .reason = why_not});
}

}  // namespace headlight
