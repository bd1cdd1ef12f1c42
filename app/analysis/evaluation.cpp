#include "app/analysis/evaluation.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include "app/analysis/classes.h"
#include "app/files/folder_list.h"
#include "app/session/run.h"
#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/image/image.h"

namespace headlight {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<fs::path> sorted_entries(const fs::path& folder, bool folders) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;  // a link that leads nowhere is no picture
    const bool wanted =
        folders ? it->is_directory(ignored) : it->is_regular_file(ignored) && is_named_as_picture(it->path());
    if (wanted && it->path().filename().string().front() != '.') entries.push_back(it->path());
  }
  if (error) throw vit::Error(folder.string() + " cannot be read: " + error.message() + ".");
  std::sort(entries.begin(), entries.end());
  return entries;
}

int label_of(const fs::path& class_folder, const vit::Model& model) {
  const std::string name = class_folder.filename().string();
  if (const auto label = class_by_name(name, model)) return *label;
  const std::string known = model.labels.empty()
                                ? "it has " + std::to_string(model.config.classes) + " classes without names"
                                : "its classes are " + model.labels.front() + ", " + model.labels.back() + ", …";
  throw vit::Error("The folder " + class_folder.string() + " is named for no class of the model; " + known +
                   ". Give the folder that holds one sub-folder a class.");
}

/// The first `limit` pictures when one is taken from each class in turn.
void keep_balanced(std::map<fs::path, std::vector<fs::path>>& classes, int limit) {
  std::size_t total = 0;
  for (const auto& [folder, files] : classes) total += files.size();
  if (limit <= 0 || total <= static_cast<std::size_t>(limit)) return;
  std::map<fs::path, std::size_t> kept;
  for (std::size_t round = 0, left = static_cast<std::size_t>(limit); left > 0; ++round)
    for (const auto& [folder, files] : classes)
      if (round < files.size() && left > 0) {
        ++kept[folder];
        --left;
      }
  for (auto& [folder, files] : classes) files.resize(kept[folder]);
}

/// What the threads of an evaluation share.
struct Shared {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;  // guards the rest
  std::exception_ptr error;
  std::size_t done = 0;
  Evaluation result;
};

Verdict judge(const vit::Trace& trace, int label) {
  const std::vector<ClassScore> top = top_classes(trace.logits, {}, 5);
  const bool in_top5 = std::any_of(top.begin(), top.end(), [&](const ClassScore& s) { return s.index == label; });
  return {top.front().index, top.front().probability, in_top5};
}

void work(const EvaluationJob& job, const std::vector<LabelledImage>& images, std::size_t threads, Shared& shared) {
  try {
    vit::Pool pool(1);
    vit::Settings settings = job.settings;
    settings.threads = 1;
    settings.keep = vit::Keep::none;
    for (std::size_t i; (i = shared.next++) < images.size() && !shared.failed;) {
      const auto start = Clock::now();
      auto photo = std::make_shared<const vit::Image>(vit::load_image(images[i].file, job.reading));
      Run run = make_run(job.model, std::move(photo), job.preprocessing, settings);
      run.extent = job.extent;
      const double decode_seconds = seconds_since(start);
      const auto forward_start = Clock::now();
      vit::Meter meter(job.stop);
      const auto trace = run_pass(run, pool, meter, nullptr, threads);  // so many passes run at a time
      const Verdict verdict = judge(*trace, images[i].label);
      const double forward_seconds = seconds_since(forward_start);
      const std::lock_guard lock(shared.mutex);
      shared.result.verdicts[i] = verdict;
      shared.result.decode_seconds += decode_seconds;
      shared.result.forward_seconds += forward_seconds;
      ++shared.done;
      if (job.progress) job.progress(static_cast<double>(shared.done) / static_cast<double>(images.size()));
    }
  } catch (...) {
    const std::lock_guard lock(shared.mutex);
    if (!shared.error) shared.error = std::current_exception();
    shared.failed = true;
  }
}

}  // namespace

std::vector<LabelledImage> labelled_images(const std::filesystem::path& folder, const vit::Model& model, int limit) {
  if (std::error_code ignored; !fs::is_directory(folder, ignored))
    throw vit::Error(folder.string() + " is no folder; give one with a sub-folder a class.");
  std::map<fs::path, std::vector<fs::path>> classes;
  for (const fs::path& class_folder : sorted_entries(folder, true)) {
    std::vector<fs::path> files = sorted_entries(class_folder, false);
    if (!files.empty()) classes[class_folder] = std::move(files);
  }
  if (classes.empty())
    throw vit::Error(folder.string() +
                     " has no sub-folders with pictures; give the folder that holds one sub-folder a "
                     "class, as in DIR/cat/1.jpg.");
  keep_balanced(classes, limit);
  std::vector<LabelledImage> images;
  for (const auto& [class_folder, files] : classes) {
    const int label = label_of(class_folder, model);
    for (const fs::path& file : files) images.push_back({file, label});
  }
  return images;
}

Evaluation evaluate(const EvaluationJob& job, const std::vector<LabelledImage>& images) {
  Shared shared;
  shared.result.verdicts.resize(images.size());
  const auto start = Clock::now();
  {
    const auto count =
        std::min<std::size_t>(static_cast<std::size_t>(std::max(1, job.settings.threads)), images.size());
    std::vector<std::jthread> threads;
    threads.reserve(count);
    try {
      for (std::size_t t = 1; t < count; ++t) threads.emplace_back([&] { work(job, images, count, shared); });
    } catch (const std::system_error&) {  // the system gives no more: those that there are do the work
    }
    work(job, images, count, shared);
    const std::lock_guard lock(shared.mutex);
    shared.result.threads = static_cast<int>(threads.size()) + 1;
  }
  if (shared.error) std::rethrow_exception(shared.error);
  shared.result.seconds = seconds_since(start);
  return std::move(shared.result);
}

}  // namespace headlight
