// The commands of sequences: opened, stepped through, played, and saved as a film or frame by frame.
#include <GLFW/glfw3.h>
#include <imgui.h>

#include <memory>
#include <utility>

#include "app/export/film.h"
#include "app/export/sheet_memory.h"
#include "app/files/film_file.h"
#include "app/panels/bench.h"
#include "app/panels/export_subject.h"
#include "app/panels/open_files.h"
#include "app/session/run_options.h"
#include "app/session/saved_view.h"
#include "app/window/commands.h"
#include "engine/base/error.h"

namespace headlight {
namespace {

using Path = std::filesystem::path;

constexpr const char* kNoSequence = "Open a folder of frames, an animated picture or a video first.";

/// What the window shows, asked of every frame. The overlay in the dress of the Export sheet.
BatchJob job_of(const Bench& bench) {
  const Session& session = bench.session;
  const SheetSubject subject = export_subject(bench, true);
  Sheet sheet = sheet_from(bench.preferences.sheet);
  sheet.shows = SheetShows::overlay;
  sheet.kind = FileKind::png;
  const vit::Trace& trace = *subject.source.trace;
  BatchJob job;
  job.model = trace.model;
  job.preprocessing = trace.pixels->preprocessing;
  job.reading = session.wanted.reading;
  job.settings = trace.settings;
  job.files = subject.source.files;
  job.model_name = subject.source.model;
  job.asked = to_json(session.wanted_view());
  for (const auto& [name, word] : remembered(sheet)) job.asked += name + " " + word + "\n";
  job.request = [request = request_of(sheet, subject)](const Run&) { return request; };
  return job;
}

void set_control(BatchJob& job, const std::stop_token& stop, const std::function<void(double)>& progress) {
  job.stop = stop;
  job.progress = [&progress](const BatchProgress& done) {
    if (done.of > 0) progress(static_cast<double>(done.done) / static_cast<double>(done.of));
  };
}

void save_film(Bench& bench) {
  const Session& session = bench.session;
  bench.browser.open({.mode = ui::FileBrowser::Mode::save_file,
                      .title = "Save a film: .png (animated) or .mp4 (by ffmpeg)",
                      .endings = {".png", ".mp4"},
                      .recent = {},
                      .folder = bench.preferences.folder,
                      .name = Path(session.sequence().source()).stem().string() + "__film.png",
                      .chosen = [&bench, job = job_of(bench), source = session.sequence().source(),
                                 rate = session.sequence().frames_per_s](const Path& file) {
                        bench.session.run_errand(
                            [job, source, rate, file](const std::stop_token& stop, const auto& progress) mutable {
                              set_control(job, stop, progress);
                              const auto frames = open_frames(source, job.reading);
                              const BatchResult result = export_film(job, *frames, {file, rate, sequence_name(source)});
                              return "Saved " + std::to_string(result.exported) + " frames as " + file.string() + ".";
                            });
                      }});
}

void save_frames(Bench& bench) {
  bench.browser.open(
      {.mode = ui::FileBrowser::Mode::choose_folder,
       .title = "Save a PNG file for each frame",
       .endings = {},
       .recent = {},
       .folder = bench.preferences.folder,
       .name = {},
       .chosen = [&bench, job = job_of(bench), source = bench.session.sequence().source()](const Path& folder) {
         bench.session.run_errand([job, source, folder](const std::stop_token& stop, const auto& progress) mutable {
           set_control(job, stop, progress);
           job.folder = folder;
           const auto frames = open_frames(source, job.reading);
           const BatchResult result = export_batch(job, *frames, false);
           if (!result.failures.empty()) throw vit::Error(result.failures.front().sentence);
           return "Saved " + std::to_string(result.exported) + " frames in " + folder.string() + ".";
         });
       }});
}

}  // namespace

void add_sequence_file_commands(Bench& bench) {
  bench.commands.add({.id = "file.open_sequence",
                      .menu = "File",
                      .name = "Open sequence…",
                      .keys = {{GLFW_KEY_F, kControl}},
                      .tooltip = "Opens a folder of frames, an animated GIF or PNG, or a video, which an ffmpeg on the "
                                 "PATH decodes: a film strip plays it, and the maps follow.",
                      .run = [&bench] { browse_sequences(bench); }});
}

void add_sequence_commands(Bench& bench) {
  CommandTable& table = bench.commands;
  Sequence& sequence = bench.session.sequence();
  const auto on = [&sequence] { return sequence.on(); };
  const auto no_sequence = [] { return kNoSequence; };
  table.add({.id = "sequence.play",
             .menu = "Sequence",
             .name = "Play",
             .keys = {{GLFW_KEY_SPACE, kControl}},
             .tooltip = "Plays the frames, each with its maps; again: stops.",
             .run = [&sequence] { sequence.toggle_playing(ImGui::GetTime()); },
             .enabled = on,
             .reason = no_sequence,
             .checked = [&sequence] { return sequence.playing(); }});
  table.add({.id = "sequence.before",
             .menu = "Sequence",
             .name = "Frame before",
             .keys = {{GLFW_KEY_LEFT, kShift}},
             .tooltip = "Shows the frame before.",
             .run = [&sequence] { sequence.step(-1); },
             .enabled = on,
             .reason = no_sequence});
  table.add({.id = "sequence.after",
             .menu = "Sequence",
             .name = "Frame after",
             .keys = {{GLFW_KEY_RIGHT, kShift}},
             .tooltip = "Shows the frame after.",
             .run = [&sequence] { sequence.step(1); },
             .enabled = on,
             .reason = no_sequence});
  table.add({.id = "sequence.first",
             .menu = "Sequence",
             .name = "First frame",
             .keys = {{GLFW_KEY_HOME, kShift}},
             .tooltip = "Shows the first frame.",
             .run = [&sequence] { sequence.go_to(0); },
             .enabled = on,
             .reason = no_sequence});
  table.add(
      {.id = "sequence.last",
       .menu = "Sequence",
       .name = "Last frame",
       .keys = {{GLFW_KEY_END, kShift}},
       .tooltip = "Shows the last frame.",
       .run = [&sequence] { sequence.go_to(*sequence.count() - 1); },
       .enabled = [&sequence] { return sequence.on() && sequence.count(); },
       .reason = [&sequence] { return sequence.on() ? "How many frames there are is not known yet." : kNoSequence; }});
  table.add({.id = "sequence.loop",
             .menu = "Sequence",
             .name = "Loop",
             .keys = {{GLFW_KEY_L, 0}},
             .tooltip = "On: behind the last frame comes the first one. Off: it stops there.",
             .run = [&sequence] { sequence.loop = !sequence.loop; },
             .enabled = on,
             .reason = no_sequence,
             .checked = [&sequence] { return sequence.loop; }});
  const auto can_save = [&bench] {
    return bench.session.sequence().on() && can_export(bench) && !bench.maps.set().other;
  };
  const auto why_not = [&bench]() -> std::string {
    if (!bench.session.sequence().on()) return kNoSequence;
    return can_export(bench) ? "These maps are about side B, too; a film is of one side." : why_no_export(bench);
  };
  table.add({.id = "sequence.save_film",
             .menu = "Sequence",
             .name = "Save as film…",
             .keys = {},
             .tooltip = "The chosen map over every frame as one file: an animated PNG, or an MP4 by an ffmpeg on the "
                        "PATH. A fixed range makes colours mean the same in all frames.",
             .run = [&bench] { save_film(bench); },
             .enabled = can_save,
             .reason = why_not,
             .separated = true});
  table.add({.id = "sequence.save_frames",
             .menu = "Sequence",
             .name = "Save frame by frame…",
             .keys = {},
             .tooltip = "The chosen map over every frame, as numbered PNG files in a folder.",
             .run = [&bench] { save_frames(bench); },
             .enabled = can_save,
             .reason = why_not});
}

}  // namespace headlight
