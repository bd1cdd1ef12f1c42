#include "app/session/worker.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "app/files/frame_source.h"
#include "app/session/run_options.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/image/animation.h"

namespace headlight {

namespace {

double ms_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

WorkerStatus::Doing doing_of(NextMeasurement::Why why) {
  switch (why) {
    case NextMeasurement::Why::exact:
    case NextMeasurement::Why::baseline:
      return WorkerStatus::Doing::baseline;
    case NextMeasurement::Why::timing:
      return WorkerStatus::Doing::measuring;
    case NextMeasurement::Why::sweep:
      break;
  }
  return WorkerStatus::Doing::sweeping;
}

constexpr const char* kNoMemoryForPass = "Not enough memory for this pass: try the tiled kernel or a smaller input.";

}  // namespace

Worker::Worker(std::function<void()> wake) : wake_(std::move(wake)) {
  thread_ = std::thread([this] { run(); });
}

Worker::~Worker() {
  {
    std::lock_guard lock(mutex_);
    quit_ = true;
    running_.stop.request_stop();
  }
  changed_.notify_one();
  thread_.join();
}

// ---- the window's side ----

void Worker::put(Job job) {
  {
    std::lock_guard lock(mutex_);
    if (is_stopped_by(job)) running_.stop.request_stop();
    if (job.rank == Rank::request) owed_.reset();
    has_other_ |= is_of_other(job.rank);
    if (job.rank != Rank::errand) std::erase_if(queue_, [&](const Job& other) { return other.rank == job.rank; });
    insert(std::move(job));
  }
  changed_.notify_one();
}

void Worker::insert(Job job) {
  const auto behind =
      std::find_if(queue_.begin(), queue_.end(), [&](const Job& other) { return other.rank > job.rank; });
  queue_.insert(behind, std::move(job));
}

void Worker::put_back(Job job) {
  const std::lock_guard lock(mutex_);
  const bool newer =
      std::any_of(queue_.begin(), queue_.end(), [&](const Job& other) { return other.rank == job.rank; });
  if (has_other_ && !newer) insert(std::move(job));
}

bool Worker::is_stopped_by(const Job& job) const {
  if (running_.rank == Rank::extra) return true;
  if (is_of_other(running_.rank)) return job.rank < Rank::other_image || job.rank == running_.rank;
  if (job.rank != running_.rank) return false;
  if (job.rank == Rank::model) return true;
  if (job.rank != Rank::request) return false;
  if (job.model != running_.model || job.image != running_.image) return true;
  return !running_.is_draft && ((held_ && running_.has_draft) || remaining_ms() > kPatienceMs);
}

double Worker::remaining_ms() const {
  const double elapsed = ms_between(running_.began, Clock::now());
  const double whole = running_.fraction > 0.05 ? elapsed / running_.fraction : std::max(expected_ms_, elapsed * 2);
  return whole - elapsed;
}

void Worker::post(Request request) {
  put(job_of(std::move(request), false));
}

Worker::Job Worker::job_of(Request request, bool exact) {
  auto model = request.model;
  auto image = request.image;
  return {Rank::request, Doing::running,
          [this, exact, request = std::move(request)](const std::stop_token& stop) {
            if (exact || !draw_draft(request, stop)) answer(request, stop);
          },
          std::move(model), std::move(image)};
}

void Worker::hold(bool held) {
  {
    std::lock_guard lock(mutex_);
    if (held_ == held) return;
    held_ = held;
  }
  changed_.notify_one();
}

void Worker::load_model(std::string source, vit::LoadOptions options, bool again, Side side) {
  put({side == Side::a ? Rank::model : Rank::other_model, Doing::loading_model,
       [this, side, wanted = LoadedModel{std::move(source), std::move(options), again, nullptr}](
           const std::stop_token& stop) { open_model(wanted, side, stop); }});
}

void Worker::load_image(std::string source, const vit::ImageReading& reading, Side side) {
  put({side == Side::a ? Rank::image : Rank::other_image, Doing::loading_image,
       [this, side, wanted = LoadedImage{std::move(source), reading, nullptr, nullptr}](const std::stop_token&) {
         open_image(wanted, side);
       }});
}

void Worker::post_other(Request request) {
  put({Rank::other, Doing::running_other,
       [this, request = std::move(request)](const std::stop_token& stop) { answer_other(request, stop); }});
}

void Worker::drop_other() {
  {
    const std::lock_guard lock(mutex_);
    has_other_ = false;
    std::erase_if(queue_, [](const Job& job) { return is_of_other(job.rank); });
    if (is_of_other(running_.rank)) running_.stop.request_stop();
  }
  changed_.notify_one();
}

void Worker::run_errand(Errand errand) {
  put({Rank::errand, Doing::saving, [this, errand = std::move(errand)](const std::stop_token& stop) {
         attempt({Failure::What::errand}, "Not enough memory to save this: choose fewer blocks or a smaller size.",
                 [&] {
                   std::string sentence = errand(stop, [this](double fraction) { progress(fraction); });
                   publish([&](Outcome& out) { out.news.push_back(std::move(sentence)); });
                 });
       }});
}

void Worker::set_sweep(std::optional<Sweep> sweep) {
  {
    std::lock_guard lock(mutex_);
    if (running_.doing == Doing::sweeping) running_.stop.request_stop();
    sweep_.emplace(std::move(sweep));
  }
  changed_.notify_one();
}

void Worker::sweep(Sweep sweep) {
  set_sweep(std::move(sweep));
}

void Worker::cancel_sweep() {
  set_sweep(std::nullopt);
}

Outcome Worker::take() {
  std::lock_guard lock(mutex_);
  return std::exchange(outbox_, {});
}

WorkerStatus Worker::status() const {
  std::lock_guard lock(mutex_);
  WorkerStatus status{.doing = running_.doing, .fraction = running_.fraction};
  if (running_.doing != Doing::resting) status.elapsed_ms = ms_between(running_.began, Clock::now());
  const bool untaken = outbox_.model || outbox_.image || outbox_.other_model || outbox_.other_image;
  status.picture_due = !queue_.empty() || owed_ || running_.rank != Rank::extra || untaken;
  return status;
}

// ---- the worker thread's side ----

void Worker::run() {
  while (const std::optional<Job> job = next_job()) {
    std::stop_token stop;
    {
      std::lock_guard lock(mutex_);
      stop = running_.stop.get_token();
    }
    cancelled_ = false;
    job->work(stop);
    if (cancelled_ && is_of_other(job->rank)) put_back(*job);
  }
}

std::optional<Worker::Job> Worker::next_job() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (quit_) return std::nullopt;
    if (sweep_) runner_.sweep(*std::exchange(sweep_, {}));
    if (!has_other_) other_runner_.reset();
    std::optional<Job> job;
    const bool request_waits = !queue_.empty() && queue_.front().rank == Rank::request;
    if (!request_waits) job = next_owed();
    if (!job && !queue_.empty()) job = take_front();
    if (!job && !owed_) job = next_extra();
    if (job && job->rank == Rank::extra && wait_for_picture(*job, lock)) continue;
    if (job) {
      running_ = {job->rank, job->doing, {}, Clock::now(), 0, job->model, job->image, false, false};
      return job;
    }
    if (owed_) {  // the hand may still move
      changed_.wait_until(lock, owed_->due);
      continue;
    }
    if (running_.doing != Doing::resting) {
      running_ = {};
      lock.unlock();
      wake_();  // the window shows that everything is at rest
      lock.lock();
      continue;
    }
    wait_for_work(lock);
  }
}

void Worker::wait_for_work(std::unique_lock<std::mutex>& lock) {
  const auto work_waits = [this] { return quit_ || sweep_ || !queue_.empty() || (other_runner_ && !has_other_); };
  if (changed_.wait_for(lock, kReturnMs, work_waits)) return;
  lock.unlock();
  vit::return_free_memory();
  lock.lock();
  changed_.wait(lock, work_waits);
}

/// True where it waited: what to do next may be something else by now. To the outside the extra work has begun.
bool Worker::wait_for_picture(const Job& extra, std::unique_lock<std::mutex>& lock) {
  const Clock::time_point due = published_ + kPictureMs;
  if (Clock::now() >= due) return false;
  running_ = {extra.rank, extra.doing, {}, Clock::now(), 0, nullptr, nullptr, false, false};
  changed_.wait_until(lock, due);
  return true;
}

Worker::Job Worker::take_front() {
  Job job = std::move(queue_.front());
  queue_.erase(queue_.begin());
  return job;
}

std::optional<Worker::Job> Worker::next_owed() {
  if (!owed_ || (held_ && Clock::now() < owed_->due)) return std::nullopt;
  return job_of(std::exchange(owed_, {})->request, true);
}

std::optional<Worker::Job> Worker::next_extra() {
  PassRunner* runner = &runner_;
  std::optional<NextMeasurement> next = runner_.next();
  if (!next && other_runner_) {
    runner = &*other_runner_;
    next = runner->next();
  }
  if (!next) return std::nullopt;
  const Doing doing = doing_of(next->why);
  return Job{Rank::extra, doing,
             [this, runner, next = std::move(*next)](const std::stop_token& stop) { measure(*runner, next, stop); }};
}

PassControl Worker::control(const std::stop_token& stop) {
  return {stop, [this](double fraction) { progress(fraction); }, {}};
}

void Worker::progress(double fraction) {
  double elapsed_ms = 0;
  {
    std::lock_guard lock(mutex_);
    running_.fraction = fraction;
    elapsed_ms = ms_between(running_.began, Clock::now());
  }
  if (elapsed_ms > 100) wake_();  // short work needs no progress bar
}

void Worker::publish(const std::function<void(Outcome&)>& change) {
  {
    std::lock_guard lock(mutex_);
    change(outbox_);
  }
  wake_();
}

bool Worker::attempt(Failure failure, const char* no_memory, const std::function<void()>& work) {
  try {
    work();
    return true;
  } catch (const vit::Cancelled&) {
    cancelled_ = true;
    return false;
  } catch (const std::bad_alloc&) {
    failure.sentence = no_memory;
  } catch (const std::exception& error) {
    failure.sentence = error.what();
  }
  publish([&](Outcome& out) { out.failures.push_back(failure); });
  return false;
}

void Worker::open_model(const LoadedModel& wanted, Side side, const std::stop_token& stop) {
  const std::string no_memory = wanted.source + ": not enough memory for this network.";
  attempt({.what = Failure::What::model, .side = side}, no_memory.c_str(), [&] {
    LoadedModel loaded = wanted;
    loaded.model = vit::load_model(wanted.source, wanted.options, [&](double fraction) {
      if (stop.stop_requested()) throw vit::Cancelled();
      progress(fraction);
    });
    publish([&](Outcome& out) { (side == Side::a ? out.model : out.other_model) = std::move(loaded); });
  });
}

void Worker::open_image(const LoadedImage& wanted, Side side) {
  const std::string no_memory = wanted.source + ": not enough memory for this picture.";
  attempt({.what = Failure::What::image, .side = side}, no_memory.c_str(), [&] {
    LoadedImage loaded = wanted;
    loaded.image = std::make_shared<const vit::Image>(load_photo(wanted.source, wanted.reading));
    loaded.display = std::make_shared<const PhotoLevels>(photo_levels(loaded.image));
    loaded.animated = side == Side::a && vit::is_animation(wanted.source);
    publish([&](Outcome& out) { (side == Side::a ? out.image : out.other_image) = std::move(loaded); });
  });
}

bool Worker::draw_draft(const Request& request, const std::stop_token& stop) {
  {
    std::lock_guard lock(mutex_);
    if (!held_) return false;
    running_.is_draft = true;
  }
  bool drawn = false;
  const bool ended = !attempt({.what = Failure::What::pass, .request = request.id}, kNoMemoryForPass, [&] {
    auto trace = runner_.draft(request, control(stop));
    if (!trace) return;
    drawn = true;
    publish([&](Outcome& out) {
      out.draft = DraftPicture{std::move(trace), request.id, request.image};
      published_ = Clock::now();
      const bool newer =
          std::any_of(queue_.begin(), queue_.end(), [](const Job& job) { return job.rank == Rank::request; });
      if (!newer) owed_ = Owed{request, Clock::now() + kRestMs};
      running_.fraction = 0;
    });
  });
  return drawn || ended;  // what was cancelled is obsolete
}

void Worker::answer(const Request& request, const std::stop_token& stop) {
  attempt({.what = Failure::What::pass, .request = request.id}, kNoMemoryForPass, [&] {
    const bool has_draft = runner_.drafts(request);
    {
      std::lock_guard lock(mutex_);
      running_.is_draft = false;
      running_.has_draft = has_draft;
    }
    PassControl exact = control(stop);
    exact.prepared = [&](const std::shared_ptr<const vit::Pixels>& pixels) {
      publish([&](Outcome& out) { out.input = PassPixels{pixels, request.image}; });
    };
    exact.grown = [&](std::shared_ptr<const vit::Trace> part) {
      publish([&](Outcome& out) { out.part = std::move(part); });
    };
    auto trace = runner_.answer(request, exact);
    publish([&](Outcome& out) {
      if (trace->timings.first_block == 0) expected_ms_ = trace->timings.wall_ms;
      out.trace = std::move(trace);
      published_ = Clock::now();
      out.request = request.id;
      out.photo = request.image;
      out.display = request.display;
      out.baseline = runner_.baseline();
    });
  });
}

void Worker::answer_other(const Request& request, const std::stop_token& stop) {
  attempt({.what = Failure::What::pass, .request = request.id, .side = Side::b}, kNoMemoryForPass, [&] {
    if (!other_runner_) other_runner_.emplace();
    auto trace = other_runner_->answer(request, control(stop));
    publish([&](Outcome& out) {
      out.other = OtherPicture{std::move(trace), request.id, request.image, request.display};
    });
  });
}

void Worker::measure(PassRunner& runner, const NextMeasurement& next, const std::stop_token& stop) {
  attempt({Failure::What::pass}, "Not enough memory to sweep the head counts: choose a smaller input.", [&] {
    runner.measure(next, control(stop));
    const auto times = runner.take_times();
    const bool is_baseline = &runner == &runner_ && next.why == NextMeasurement::Why::baseline && runner_.baseline();
    if (times.empty() && !is_baseline && next.why != NextMeasurement::Why::exact) return;
    publish([&](Outcome& out) {
      out.times.insert(out.times.end(), times.begin(), times.end());
      if (is_baseline) out.baseline = runner_.baseline();
    });
  });
}

}  // namespace headlight
