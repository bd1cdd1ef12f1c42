#include "app/analysis/lab_desk.h"

#include <exception>
#include <new>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/pool.h"

namespace headlight {

LabDesk::LabDesk(std::function<void()> wake) : wake_(std::move(wake)) {
  thread_ = std::thread([this] { run(); });
}

LabDesk::~LabDesk() {
  {
    const std::lock_guard lock(mutex_);
    quit_ = true;
    stop_.request_stop();
  }
  changed_.notify_all();
  thread_.join();
}

void LabDesk::start(Job job, Work work) {
  {
    const std::lock_guard lock(mutex_);
    stop_.request_stop();
    next_ = std::move(work);
    next_job_ = job;
    failure_.clear();
  }
  changed_.notify_all();
}

void LabDesk::measure(const vit::LabPlan& plan) {
  start(Job::module, [this, plan](const std::stop_token& stop) {
    vit::Pool pool(plan.base.pass_threads());
    auto found = std::make_shared<const vit::LabResult>(
        vit::measure_lab(plan, pool,
                         {.stop = stop,
                          .progress =
                              [this](double done) {
                                const std::lock_guard lock(mutex_);
                                progress_ = done;
                              },
                          .at_rest = [this, stop] { return wait_for_rest(stop); }}));
    const std::lock_guard lock(mutex_);
    result_ = std::move(found);
  });
}

void LabDesk::calibrate(const vit::Execution& execution, std::function<void(const vit::Ceilings&)> keep) {
  start(Job::ceilings, [this, execution, keep = std::move(keep)](const std::stop_token& stop) {
    wait_for_rest(stop);
    vit::Pool pool(execution.pass_threads());
    constexpr double kSeconds = 5;
    auto found = std::make_shared<const vit::Ceilings>(vit::calibrate(
        execution, pool, kSeconds,
        [this](double done) {
          const std::lock_guard lock(mutex_);
          progress_ = done;
        },
        stop));
    keep(*found);
    const std::lock_guard lock(mutex_);
    ceilings_ = std::move(found);
  });
}

void LabDesk::cancel() {
  {
    const std::lock_guard lock(mutex_);
    next_ = {};
    next_job_ = Job::none;
    stop_.request_stop();
  }
  changed_.notify_all();
}

void LabDesk::let_run(bool at_rest) {
  {
    const std::lock_guard lock(mutex_);
    if (at_rest_ == at_rest) return;
    at_rest_ = at_rest;
  }
  changed_.notify_all();
}

/// Waits for it; false if it had to.
bool LabDesk::wait_for_rest(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (at_rest_) return true;
  waits_ = true;
  changed_.wait(lock, [&] { return at_rest_ || stop.stop_requested(); });
  waits_ = false;
  if (stop.stop_requested()) throw vit::Cancelled();
  return false;
}

LabDesk::Job LabDesk::running() const {
  const std::lock_guard lock(mutex_);
  return next_ ? next_job_ : running_;
}

bool LabDesk::waits() const {
  const std::lock_guard lock(mutex_);
  return waits_;
}

double LabDesk::progress() const {
  const std::lock_guard lock(mutex_);
  return progress_;
}

std::string LabDesk::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

std::shared_ptr<const vit::LabResult> LabDesk::result() const {
  const std::lock_guard lock(mutex_);
  return result_;
}

std::shared_ptr<const vit::Ceilings> LabDesk::ceilings() const {
  const std::lock_guard lock(mutex_);
  return ceilings_;
}

void LabDesk::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return quit_ || next_; });
    if (quit_) return;
    const Work work = std::exchange(next_, {});
    running_ = std::exchange(next_job_, Job::none);
    stop_ = {};
    progress_ = 0;
    const std::stop_token stop = stop_.get_token();
    lock.unlock();
    std::string failure;
    try {
      work(stop);
    } catch (const vit::Cancelled&) {  // as it was asked to
    } catch (const std::bad_alloc&) {
      failure = "Not enough memory for this: choose fewer tokens, heads or images.";
    } catch (const std::exception& error) {
      failure = error.what();
    }
    lock.lock();
    running_ = Job::none;
    if (!stop.stop_requested()) failure_ = std::move(failure);
    lock.unlock();
    wake_();
    lock.lock();
  }
}

}  // namespace headlight
