#include "app/cli/export_batch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>

#include "app/cli/common.h"
#include "app/cli/exit_codes.h"
#include "app/cli/export_arguments.h"
#include "app/cli/interrupt.h"
#include "app/cli/progress.h"
#include "app/export/batch.h"
#include "app/export/batch_log.h"
#include "app/export/file_names.h"
#include "app/export/film.h"
#include "app/export/view_export.h"
#include "app/files/film_file.h"
#include "app/files/folder_list.h"
#include "app/files/frame_source.h"
#include "app/words/quantity.h"

namespace headlight {
namespace {

void check_targets(const ExportOptions& options) {
  if (options.folder.empty() && options.film.empty())
    throw UsageError("--images needs --out or --film: in which folder, or which film, shall the maps be?");
  if (!options.folder.empty() && !options.film.empty())
    throw UsageError("--out and --film are two runs: a file for each frame, or one film of all.");
  if (options.frames_per_s > 0 && options.film.empty()) throw UsageError("--fps is for --film.");
  if (!options.film.empty() && !film_kind_of(options.film))
    throw UsageError("--film " + options.film + ": let its name end in .png (animated) or .mp4.");
  if (!options.run.image.empty() || !options.run.pixels.empty())
    throw UsageError("--images takes the place of --image and --pixels; leave them out.");
  if (!options.figure.empty() || !options.cost.empty() || !options.tensors.empty() || !options.report.empty())
    throw UsageError(
        "--figure, --report, --cost-table and --tensors are for one photo; with --images give --out or --film alone.");
}

/// All that decides what the files hold: the command's options but for where they lie and how fast it goes, what the
/// network and its files turned out to be, the view that was begun with, and the program's version.
std::string asked_of(const CLI::App& command, const ExportOptions& options, const BatchJob& job) {
  const vit::LoadReport& report = job.model->report;
  std::string asked = "headlight " HEADLIGHT_VERSION "\n" + report.file + " " + mark_file(report.file).sha256 + "\n";
  for (const vit::Fact& fact : report.facts) asked += fact.name + " " + fact.value + "\n";
  for (const std::string& label : job.model->labels) asked += label + "\n";
  asked += vit::describe(job.preprocessing) + "\n";
  if (options.view) asked += to_json(options.view->wanted);
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_name();
    if (option->count() == 0 || name == "--images" || name == "--out" || name == "--fps" || name == "--threads")
      continue;
    asked += name;
    for (const std::string& value : option->results()) asked += " " + value;
    asked += "\n";
  }
  return asked;
}

/// What no photo could meet is said before the first one is read.
void refuse_impossible(ExportOptions options, const BatchJob& job) {
  if (options.query != "cls") options.query.clear();  // there may be photos with such a patch
  const auto any =
      std::make_shared<const vit::Image>(generated_image(job.preprocessing.width, job.preprocessing.height));
  request_for(options, make_run(job.model, any, job.preprocessing, job.settings));
}

std::string time_text(double seconds) {
  if (seconds < 90) return fmt::format("{:.0f} s", std::ceil(seconds));
  if (seconds < 5400) return fmt::format("{:.0f} min", std::ceil(seconds / 60));
  return fmt::format("{:.1f} h", seconds / 3600);
}

std::string words_of(const BatchProgress& progress) {
  std::string words =
      progress.of > 0 ? fmt::format("{} of {}", progress.done, progress.of) : fmt::format("{} so far", progress.done);
  if (progress.seconds_left > 0) words += ", " + time_text(progress.seconds_left) + " left";
  return words;
}

std::string photos(std::size_t count) {
  return fmt::format("{} {}", count, count == 1 ? "photo" : "photos");
}

void print(const BatchResult& result, const std::string& folder) {
  if (result.exported > 0)
    std::printf("%s: %zu %s in %s", photos(result.exported).c_str(), result.files, result.files == 1 ? "file" : "files",
                folder.c_str());
  if (result.kept > 0)
    std::printf("%s%s: their files are in %s from an earlier run", result.exported > 0 ? "\n" : "",
                photos(result.kept).c_str(), folder.c_str());
  if (result.exported > 0)
    std::printf("\n%.1f photos/s on %d %s", static_cast<double>(result.exported) / std::max(1e-9, result.seconds),
                result.threads, result.threads == 1 ? "thread" : "threads");
  std::printf("\n");
  if (result.failures.empty()) return;
  std::fprintf(stderr, "headlight: %s failed; the same command tries %s again:\n",
               photos(result.failures.size()).c_str(), result.failures.size() == 1 ? "it" : "them");
  for (const BatchFailure& failure : result.failures) {
    const std::string file = failure.file.string();
    const bool named = failure.sentence.find(file) != std::string::npos;
    std::fprintf(stderr, "  %s\n", printable(named ? failure.sentence : file + ": " + failure.sentence).c_str());
  }
}

/// The frames of what is one file or a pipe; a film goes through the pictures of a folder, too. None: a batch of
/// photos.
std::unique_ptr<FrameSource> frames_for(const ExportOptions& options) {
  const vit::ImageReading& reading = options.run.reading;
  const std::string& source = options.photos;
  std::error_code error;
  if (source == "-") return frames_from(STDIN_FILENO, reading);
  if (std::filesystem::is_directory(source, error) || !std::filesystem::exists(source, error))
    return options.film.empty() ? nullptr : open_frames(source, reading);
  if (!options.film.empty() || is_named_as_video(source) || is_named_as_picture(source))
    return open_frames(source, reading);
  return nullptr;  // a list
}

/// Many photos are asked one by one.
void refuse_side_b(const ExportOptions& options) {
  const vit::Analysis& analysis = *vit::analysis_by_id(options.analysis);
  vit::Question question{.values = parse_values(options.values, analysis)};
  if (options.view && words_of(options.view->wanted).analysis == options.analysis)
    question.values.merge(parse_values(options.view_values, analysis));
  if (vit::asks_other(analysis, question) || (has_other(options.other) && !options.view))
    throw UsageError("A second network or photo is compared with one photo at a time; name it with --image.");
}

}  // namespace

int run_batch(const CLI::App& command, const ExportOptions& options) {
  check_targets(options);
  refuse_side_b(options);
  const Interrupt interrupt;
  const std::unique_ptr<FrameSource> frames = frames_for(options);
  const std::vector<BatchPhoto> list =
      frames ? std::vector<BatchPhoto>() : batch_photos(options.photos, options.folder);
  BatchJob job;
  job.model = open_model(options.run);
  job.preprocessing = preprocessing_for(options.run.preprocessing, job.model->preprocessing);
  job.reading = options.run.reading;
  job.settings = settings_for(options.run, job.model->config);
  job.files = files_of(options.run, options.other);
  job.model_name = network_name(job.model->report.file);
  job.request = [&options](const Run& run) { return request_for(options, run); };
  job.folder = options.folder;
  job.asked = asked_of(command, options, job);
  refuse_impossible(options, job);

  BatchResult result;
  {
    ProgressBar bar("exporting");
    job.progress = [&bar](const BatchProgress& progress) {
      const double all = static_cast<double>(std::max<std::size_t>(progress.of, 1));
      bar.show(progress.of > 0 ? static_cast<double>(progress.done) / all : 0, words_of(progress));
    };
    job.stop = interrupt.token();
    if (!options.film.empty())
      result = export_film(job, *frames, {options.film, options.frames_per_s, sequence_name(options.photos)});
    else
      result = frames ? export_batch(job, *frames, options.photos == "-") : export_batch(job, list);
  }
  if (!options.film.empty()) {
    std::printf("%s: %zu frames, %.1f a second on %d %s\n", options.film.c_str(), result.exported,
                static_cast<double>(result.exported) / std::max(1e-9, result.seconds), result.threads,
                result.threads == 1 ? "thread" : "threads");
    return kExitOk;
  }
  print(result, options.folder);
  return result.failures.empty() ? kExitOk : kExitError;
}

}  // namespace headlight
