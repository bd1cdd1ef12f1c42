#include "app/export/film.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "app/export/one_pass.h"
#include "app/export/paper.h"
#include "app/files/film_file.h"
#include "app/session/player.h"
#include "engine/base/error.h"
#include "engine/base/pool.h"

namespace headlight {
namespace {

using Clock = std::chrono::steady_clock;

class Film {
 public:
  Film(const BatchJob& job, FrameSource& frames, const FilmTarget& target)
      : job_(job), frames_(frames), target_(target), file_(open_film(target.file)) {}

  BatchResult run() {
    const int wanted = std::max(1, job_.settings.threads), count = std::min(wanted, frames_.count().value_or(wanted));
    at_a_time_ = static_cast<std::size_t>(count);
    pass_threads_ = std::max(1, wanted / count);
    {
      std::vector<std::jthread> threads;
      threads.reserve(at_a_time_);
      try {
        for (int t = 1; t < count; ++t) threads.emplace_back([this] { work(); });
      } catch (const std::system_error&) {  // the system gives no more
      }
      result_.threads = static_cast<int>(threads.size()) + 1;
      work();
    }
    if (fatal_) std::rethrow_exception(fatal_);
    if (written_ == 0) throw vit::Error("The sequence has no frames.");
    file_->finish();
    result_.exported = static_cast<std::size_t>(written_);
    result_.files = 1;
    result_.seconds = std::chrono::duration<double>(Clock::now() - began_).count();
    return std::move(result_);
  }

 private:
  void work() {
    try {
      vit::Pool pool(pass_threads_);
      while (const std::optional<Frame> frame = next()) {
        ExportRequest request;
        const PassShare share = {pool, pass_threads_, at_a_time_, frame->index == 0};
        ExportSource source = pass_over(job_, photo_of_frame(frame->source), frame->image, share, request);
        if (!target_.name.empty()) source.image = target_.name;
        const Raster raster = raster_of(drawing_of(source, request, {.stop = job_.stop}));
        if (!write(*frame, raster)) return;
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!fatal_) fatal_ = std::current_exception();
      turn_.notify_all();
    }
  }

  std::optional<Frame> next() {
    const std::lock_guard lock(reading_);
    if (ended_ || job_.stop.stop_requested()) {
      if (!ended_) throw vit::Cancelled();
      return std::nullopt;
    }
    std::optional<Frame> frame = frames_.read(next_);
    all_ = frames_.count().value_or(0);
    if (frame)
      ++next_;
    else
      ended_ = true;
    return frame;
  }

  /// When its turn comes; false where another thread has failed.
  bool write(const Frame& frame, const Raster& raster) {
    std::unique_lock lock(mutex_);
    turn_.wait(lock, [&] { return fatal_ || written_ == frame.index; });
    if (fatal_) return false;
    file_->add({raster.width, raster.height, raster.rgba}, turn_seconds(frame.seconds, target_.frames_per_s));
    ++written_;
    turn_.notify_all();
    if (job_.progress) {
      const double took = std::chrono::duration<double>(Clock::now() - began_).count();
      const int all = all_;
      BatchProgress progress{.done = static_cast<std::size_t>(written_), .of = static_cast<std::size_t>(all)};
      if (all > written_) progress.seconds_left = took / written_ * (all - written_);
      job_.progress(progress);
    }
    return true;
  }

  const BatchJob& job_;
  FrameSource& frames_;
  const FilmTarget& target_;
  const Clock::time_point began_ = Clock::now();
  std::unique_ptr<FilmFile> file_;
  std::size_t at_a_time_ = 1;
  int pass_threads_ = 1;
  std::atomic<int> all_{0};  // frames; 0: nobody knows
  std::mutex reading_;       // guards the next two, and the frames
  int next_ = 0;
  bool ended_ = false;
  std::mutex mutex_;  // guards the rest
  std::condition_variable turn_;
  int written_ = 0;
  std::exception_ptr fatal_;
  BatchResult result_;
};

}  // namespace

BatchResult export_film(const BatchJob& job, FrameSource& frames, const FilmTarget& target) {
  make_folder_of(target.file);
  return Film(job, frames, target).run();
}

}  // namespace headlight
