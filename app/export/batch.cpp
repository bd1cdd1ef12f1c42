#include "app/export/batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <fstream>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "app/export/batch_log.h"
#include "app/export/file_names.h"
#include "app/export/one_pass.h"
#include "app/files/folder_list.h"
#include "engine/base/error.h"
#include "engine/base/lower.h"
#include "engine/base/pool.h"
#include "engine/network/forward.h"

namespace headlight {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

bool is_hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

fs::path true_path(const fs::path& path) {
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(path, error);
  return error ? path : whole;
}

std::vector<fs::path> pictures_below(const fs::path& folder, const fs::path& target) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error), end;
  for (; !error && it != end; it.increment(error)) {
    std::error_code ignored;  // a link that leads nowhere is no picture
    if (is_hidden(it->path()) || true_path(it->path()) == target) {
      if (it->is_directory(ignored)) it.disable_recursion_pending();
    } else if (it->is_regular_file(ignored) && is_named_as_picture(it->path())) {
      files.push_back(it->path());
    }
  }
  if (error) throw vit::Error(folder.string() + " cannot be read: " + error.message() + ".");
  if (files.empty()) throw vit::Error(folder.string() + " holds no pictures; give a folder that does.");
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<fs::path> listed_in(const fs::path& list) {
  constexpr std::size_t kMost = 10'000'000;
  std::ifstream stream(list);
  if (!stream) throw vit::Error(list.string() + " cannot be read; give a folder of pictures, or a list of them.");
  std::vector<fs::path> files;
  for (std::string line; std::getline(stream, line) && files.size() < kMost;) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.find('\0') != std::string::npos)
      throw vit::Error(list.string() +
                       " is no list of pictures, with a path on each line; one picture alone is for --image.");
    if (!line.empty()) files.push_back(list.parent_path() / line);
  }
  if (files.empty()) throw vit::Error(list.string() + " lists no pictures; write a path on each line.");
  return files;
}

/// Photos whose files would have one name get different ones: "a.jpg" and "a.png" become "a" and "a-png".
void make_different(std::vector<BatchPhoto>& photos) {
  std::set<std::pair<fs::path, std::string>> taken;
  for (BatchPhoto& photo : photos) {
    const std::string stem = photo.file.stem().string(), ending = photo.file.extension().string();
    const auto free = [&](const std::string& name) { return taken.emplace(photo.folder, vit::lower(name)).second; };
    std::string name = stem;
    if (!free(name)) {
      name = stem + "-" + (ending.empty() ? "" : ending.substr(1));
      for (int count = 2; !free(name); ++count) name = fmt::format("{}-{}", stem, count);
    }
    photo.name = name + ending;
  }
}

/// A photo whose turn has come.
struct Turn {
  std::size_t index = 0;
  BatchPhoto photo;
  std::shared_ptr<const vit::Image> image = {};  // null: to be read
};

/// What the threads of a batch share.
class Batch {
 public:
  Batch(const BatchJob& job, const std::vector<BatchPhoto>& photos) : job_(job), log_(job.folder, job.asked) {
    for (std::size_t i = 0; i < photos.size(); ++i)
      if (!log_.is_done(photos[i].file)) todo_.push_back({i, photos[i]});
    result_.kept = photos.size() - todo_.size();
    count_ = photos.size();
  }
  Batch(const BatchJob& job, FrameSource& frames, bool nameless)
      : job_(job), frames_(&frames), nameless_(nameless), log_(job.folder, job.asked) {
    count_ = static_cast<std::size_t>(frames.count().value_or(0));
  }

  BatchResult run() {
    const std::size_t wanted = static_cast<std::size_t>(std::max(1, job_.settings.threads));
    const std::size_t there = frames_ == nullptr ? todo_.size() : count_ > 0 ? count_ : wanted;
    const std::size_t count = std::max<std::size_t>(1, std::min(wanted, there));
    // Few photos leave threads for each pass.
    at_a_time_ = count;
    pass_threads_ = static_cast<int>(std::max<std::size_t>(1, wanted / count));
    report();
    {
      std::vector<std::jthread> threads;
      threads.reserve(count);
      try {
        for (std::size_t t = 1; t < count; ++t) threads.emplace_back([this] { work(); });
      } catch (const std::system_error&) {  // the system gives no more: those that there are do the work
      }
      result_.threads = static_cast<int>(threads.size()) + 1;
      work();
    }
    if (fatal_) std::rethrow_exception(fatal_);
    for (auto& [index, failure] : failures_) result_.failures.push_back(std::move(failure));
    result_.seconds = seconds_since(began_);
    return std::move(result_);
  }

 private:
  void work() {
    try {
      vit::Pool pool(pass_threads_);
      while (!ended_) {
        const std::optional<Turn> turn = frames_ == nullptr ? next_photo() : next_frame();
        if (!turn) return;
        if (job_.stop.stop_requested()) throw vit::Cancelled();
        one(*turn, pool);
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!fatal_) fatal_ = std::current_exception();
      ended_ = true;
    }
  }

  std::optional<Turn> next_photo() {
    const std::size_t i = next_++;
    return i < todo_.size() ? std::optional(todo_[i]) : std::nullopt;
  }

  /// Decoded by one thread while the others compute.
  std::optional<Turn> next_frame() {
    const std::lock_guard reading(reading_);
    while (!last_frame_) {
      if (job_.stop.stop_requested()) throw vit::Cancelled();
      const std::size_t index = next_++;
      try {
        std::optional<Frame> frame = frames_->read(static_cast<int>(index));
        if (!frame) {
          last_frame_ = true;
          return std::nullopt;
        }
        BatchPhoto photo = photo_of_frame(frame->source);
        photo.nameless = nameless_;
        if (nameless_ || !log_.is_done(photo.file)) return Turn{index, std::move(photo), std::move(frame->image)};
        const std::lock_guard lock(mutex_);
        ++result_.kept;
      } catch (const vit::Error& error) {
        last_frame_ = !frames_->jumps();
        fail({index, photo_of_frame(frames_->source_of(static_cast<int>(index)))}, error.what());
      }
    }
    return std::nullopt;
  }

  /// What the photo makes impossible is a failure of this photo; what the folder does ends the batch.
  void one(const Turn& turn, vit::Pool& pool) {
    ExportSource source;
    ExportRequest request;
    try {
      source = pass_over(job_, turn.photo, turn.image, {pool, pass_threads_, at_a_time_, turn.index == 0}, request);
    } catch (const vit::Cancelled&) {
      throw;
    } catch (const std::bad_alloc&) {
      return fail(turn, "There is not enough memory for this photo: choose a smaller input or fewer threads.");
    } catch (const std::exception& error) {
      return fail(turn, error.what());
    }
    const auto files = export_maps(source, request, {.stop = job_.stop});
    const std::lock_guard lock(mutex_);
    if (!turn.photo.nameless) log_.note_done(turn.photo.file, files);
    ++result_.exported;
    result_.files += files.size();
    report();
  }

  void fail(const Turn& turn, const std::string& sentence) {
    const std::lock_guard lock(mutex_);
    failures_[turn.index] = {turn.photo.file, sentence};
    if (!turn.photo.nameless) log_.note_failure(turn.photo.file, sentence);
    report();
  }

  void report() const {
    if (!job_.progress) return;
    const std::size_t now = result_.exported + failures_.size();
    BatchProgress progress{.done = result_.kept + now, .of = count_};
    if (now > 0 && count_ > progress.done)
      progress.seconds_left =
          seconds_since(began_) / static_cast<double>(now) * static_cast<double>(count_ - progress.done);
    job_.progress(progress);
  }

  const BatchJob& job_;
  const Clock::time_point began_ = Clock::now();
  std::vector<Turn> todo_;
  FrameSource* const frames_ = nullptr;  // in place of those
  const bool nameless_ = false;
  std::size_t count_ = 0;  // photos of the batch; 0: nobody knows
  std::size_t at_a_time_ = 1;
  int pass_threads_ = 1;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> ended_{false};
  std::mutex reading_;  // guards the frames and the next one
  bool last_frame_ = false;
  std::mutex mutex_;  // guards the rest while threads work
  BatchLog log_;
  std::map<std::size_t, BatchFailure> failures_;  // by the photos' order
  BatchResult result_;
  std::exception_ptr fatal_;
};

}  // namespace

std::vector<BatchPhoto> batch_photos(const fs::path& source, const fs::path& target) {
  std::error_code error;
  if (!fs::exists(source, error))
    throw vit::Error(source.string() + " is not there; give a folder of pictures, or a list of them.");
  const bool folder = fs::is_directory(source, error);
  const fs::path goes_to = true_path(target);
  if (folder && true_path(source) == goes_to)
    throw vit::Error(source.string() +
                     " holds the photos, and the next run would take the exported pictures for some: "
                     "choose another folder for them, which may lie in this one.");
  std::vector<BatchPhoto> photos;
  for (fs::path& file : folder ? pictures_below(source, goes_to) : listed_in(source)) {
    fs::path below = folder ? file.parent_path().lexically_relative(source) : fs::path();
    if (below == ".") below.clear();
    photos.push_back({std::move(file), std::move(below), {}});
  }
  make_different(photos);
  return photos;
}

vit::Extent extent_for(const ExportRequest& request) {
  vit::Extent extent;
  if (request.analysis->reads_output || request.analysis->has_table) return extent;
  extent.last_maps = *std::max_element(request.blocks.begin(), request.blocks.end());
  return extent;
}

BatchResult export_batch(const BatchJob& job, const std::vector<BatchPhoto>& photos) {
  make_folder_of(job.folder / BatchLog::kFileName);
  return Batch(job, photos).run();
}

BatchResult export_batch(const BatchJob& job, FrameSource& frames, bool nameless) {
  make_folder_of(job.folder / BatchLog::kFileName);
  return Batch(job, frames, nameless).run();
}

}  // namespace headlight
