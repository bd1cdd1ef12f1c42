#include "app/session/history.h"

#include <utility>

namespace headlight {

void History::record() {
  if (*last_ == *rested_) return;
  undo_.push_back(std::exchange(*rested_, *last_));
  if (undo_.size() > kMost) undo_.pop_front();
  redo_.clear();
}

void History::watch(const Moment& now, double time_s, bool held) {
  if (!last_) rested_ = last_ = now;
  const bool pressed = held && !held_;
  held_ = held;
  if (pressed || (!held && time_s - changed_s_ >= kRest_s)) record();
  if (!(now == *last_)) {
    last_ = now;
    changed_s_ = time_s;
  }
}

void History::follow(const Moment& before, const Moment& after) {
  if (!last_) return;
  if (before == *rested_) rested_ = after;
  last_ = after;
}

std::optional<Moment> History::undo(const Moment& now) {
  if (!last_) return std::nullopt;
  last_ = now;
  record();
  if (undo_.empty()) return std::nullopt;
  redo_.push_back(*std::exchange(rested_, std::move(undo_.back())));
  undo_.pop_back();
  last_ = rested_;
  return rested_;
}

std::optional<Moment> History::redo(const Moment& now) {
  if (!last_) return std::nullopt;
  last_ = now;
  record();
  if (redo_.empty()) return std::nullopt;
  undo_.push_back(*std::exchange(rested_, std::move(redo_.back())));
  redo_.pop_back();
  last_ = rested_;
  return rested_;
}

void History::keep(const std::function<bool(const Moment&)>& possible) {
  std::erase_if(undo_, [&](const Moment& moment) { return !possible(moment); });
  std::erase_if(redo_, [&](const Moment& moment) { return !possible(moment); });
}

void History::clear() {
  *this = {};
}

}  // namespace headlight
