#include "app/analysis/desk.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "engine/base/error.h"

namespace headlight {

Desk::Desk(std::function<void()> wake) : wake_(std::move(wake)) {
  thread_ = std::thread([this] { run(); });
}

Desk::~Desk() {
  {
    std::lock_guard lock(mutex_);
    quit_ = true;
    stop_.request_stop();
  }
  changed_.notify_one();
  thread_.join();
}

void Desk::ask(const std::string& place, Work work) {
  {
    std::lock_guard lock(mutex_);
    if (running_ == place) stop_.request_stop();
    places_[place].asked = std::move(work);
  }
  changed_.notify_one();
}

void Desk::forget(const std::string& place) {
  std::lock_guard lock(mutex_);
  if (running_ == place) stop_.request_stop();
  places_.erase(place);
}

std::shared_ptr<const void> Desk::answer(const std::string& place) const {
  std::lock_guard lock(mutex_);
  const auto found = places_.find(place);
  return found == places_.end() ? nullptr : found->second.answer;
}

std::string Desk::failure(const std::string& place) const {
  std::lock_guard lock(mutex_);
  const auto found = places_.find(place);
  return found == places_.end() ? std::string() : found->second.failure;
}

bool Desk::busy() const {
  std::lock_guard lock(mutex_);
  return !running_.empty() ||
         std::any_of(places_.begin(), places_.end(), [](const auto& place) { return bool(place.second.asked); });
}

void Desk::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto next = [this] {
      return std::find_if(places_.begin(), places_.end(), [](const auto& place) { return bool(place.second.asked); });
    };
    changed_.wait(lock, [&] { return quit_ || next() != places_.end(); });
    if (quit_) return;
    const auto found = next();
    const Work work = std::exchange(found->second.asked, {});
    running_ = found->first;
    stop_ = {};
    lock.unlock();
    work_on(running_, work, stop_.get_token());
    lock.lock();
    running_.clear();
    lock.unlock();
    wake_();
    lock.lock();
  }
}

void Desk::work_on(const std::string& place, const Work& work, const std::stop_token& stop) {
  std::shared_ptr<const void> answer;
  std::string failure;
  try {
    answer = work(stop);
  } catch (const vit::Cancelled&) {
    return;
  } catch (const std::bad_alloc&) {
    failure = "Not enough memory for this: choose a smaller input.";
  } catch (const std::exception& error) {
    failure = error.what();
  }
  std::lock_guard lock(mutex_);
  const auto found = places_.find(place);
  if (found == places_.end() || stop.stop_requested()) return;  // forgotten, or asked anew, meanwhile
  if (answer) found->second.answer = std::move(answer);
  found->second.failure = std::move(failure);
}

}  // namespace headlight
