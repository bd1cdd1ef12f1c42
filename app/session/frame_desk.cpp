#include "app/session/frame_desk.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <new>

#include "engine/base/error.h"
#include "engine/image/preprocessing.h"

namespace headlight {
namespace {

/// From the level above the film strip's size: levels are averages already.
std::shared_ptr<const vit::Image> thumb_of(const PhotoLevels& levels) {
  const vit::Image* from = levels.front().get();
  for (const auto& level : levels)
    if (std::max(level->width, level->height) >= FrameDesk::kThumbPx) from = level.get();
  const double scale = std::min(1.0, static_cast<double>(FrameDesk::kThumbPx) / std::max(from->width, from->height));
  const auto side = [scale](int px) { return std::max(1, static_cast<int>(std::lround(px * scale))); };
  return std::make_shared<const vit::Image>(
      vit::resize(*from, side(from->width), side(from->height), vit::Interpolation::bilinear));
}

}  // namespace

FrameDesk::FrameDesk(std::function<void()> wake) : wake_(std::move(wake)) {
  thread_ = std::thread([this] { run(); });
}

FrameDesk::~FrameDesk() {
  {
    const std::lock_guard lock(mutex_);
    quit_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void FrameDesk::open(std::string source, const vit::ImageReading& reading) {
  {
    const std::lock_guard lock(mutex_);
    to_open_.emplace(std::move(source), reading);
    ++serial_;
    open_ = false;
    count_.reset();
    wanted_ = 0;
    news_ = {};
  }
  changed_.notify_one();
}

void FrameDesk::close() {
  {
    const std::lock_guard lock(mutex_);
    to_open_.reset();
    to_close_ = true;
    ++serial_;
    open_ = false;
    count_.reset();
    news_ = {};
  }
  changed_.notify_one();
}

void FrameDesk::want(int index, bool loop, int first_in_sight, int last_in_sight) {
  {
    const std::lock_guard lock(mutex_);
    if (wanted_ == index && loop_ == loop && first_in_sight_ == first_in_sight && last_in_sight_ == last_in_sight)
      return;
    if (wanted_ != index) failed_.erase(index);  // it may have been mended, and says anew what is wrong
    wanted_ = index;
    loop_ = loop;
    first_in_sight_ = first_in_sight;
    last_in_sight_ = last_in_sight;
  }
  changed_.notify_one();
}

std::shared_ptr<const ReadyFrame> FrameDesk::frame(int index) {
  const std::lock_guard lock(mutex_);
  return open_ ? cache_.find(index) : nullptr;
}

std::shared_ptr<const vit::Image> FrameDesk::thumb(int index) const {
  const std::lock_guard lock(mutex_);
  const auto found = thumbs_.find(index);
  return open_ && found != thumbs_.end() ? found->second : nullptr;
}

FrameDesk::News FrameDesk::take() {
  const std::lock_guard lock(mutex_);
  News news = std::exchange(news_, {});
  news.count = count_;
  return news;
}

bool FrameDesk::can_be(int index) const {
  return index >= 0 && (!count_ || index < *count_) && !failed_.contains(index);
}

std::optional<int> FrameDesk::next_frame() const {
  if (!open_) return std::nullopt;
  if (can_be(wanted_) && !cache_.has(wanted_)) return wanted_;
  // Of large frames fewer, so that those ahead never push the present one out.
  const std::size_t each = cache_.count() > 0 ? cache_.bytes() / cache_.count() : 0;
  const int ahead = each > 0 ? std::min(kAhead, static_cast<int>(cache_.most_bytes() / 2 / each)) : kAhead;
  for (int step = 1; step <= ahead; ++step) {
    int index = wanted_ + step;
    if (count_ && index >= *count_) {
      if (!loop_ || *count_ < 2) break;
      index %= *count_;
    }
    if (can_be(index) && !cache_.has(index)) return index;
  }
  return std::nullopt;
}

std::optional<int> FrameDesk::next_thumb() const {
  if (!open_ || thumbs_.size() >= kMostThumbs) return std::nullopt;
  const std::size_t each = cache_.count() > 0 ? cache_.bytes() / cache_.count() : 0;
  const bool room = cache_.bytes() + each <= cache_.most_bytes();
  std::optional<int> nearest;
  for (int index = first_in_sight_; index <= last_in_sight_; ++index) {
    if (!can_be(index) || thumbs_.contains(index)) continue;
    // What can be read in order only is read forwards, and never at the cost of a frame that is kept.
    if (!jumps_ && (index <= last_read_ || !room)) continue;
    if (!nearest || (jumps_ && std::abs(index - wanted_) < std::abs(*nearest - wanted_))) nearest = index;
  }
  return nearest;
}

void FrameDesk::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (quit_) return;
    if (to_close_ || to_open_) {
      to_close_ = false;
      cache_.clear();
      thumbs_.clear();
      failed_.clear();
      count_.reset();
      last_read_ = -1;
      lock.unlock();
      source_.reset();
      lock.lock();
      if (to_open_) open_source(lock);
      continue;
    }
    if (const auto frame = next_frame()) {
      read(*frame, true, lock);
      continue;
    }
    if (const auto frame = next_thumb()) {
      read(*frame, !jumps_, lock);
      continue;
    }
    changed_.wait(lock);
  }
}

void FrameDesk::open_source(std::unique_lock<std::mutex>& lock) {
  const auto [name, reading] = *std::exchange(to_open_, {});
  const std::uint64_t serial = serial_;
  lock.unlock();
  std::string why;
  try {
    source_ = open_frames(name, reading);
  } catch (const std::bad_alloc&) {
    why = name + ": not enough memory for this sequence.";
  } catch (const std::exception& error) {
    why = error.what();
  }
  lock.lock();
  if (serial != serial_) return;
  news_.opened = why.empty();
  news_.not_opened = why;
  open_ = why.empty();
  if (open_) {
    count_ = source_->count();
    jumps_ = source_->jumps();
  }
  lock.unlock();
  wake_();
  lock.lock();
}

void FrameDesk::read(int index, bool keeps, std::unique_lock<std::mutex>& lock) {
  const std::uint64_t serial = serial_;
  lock.unlock();
  std::shared_ptr<ReadyFrame> ready;
  std::shared_ptr<const vit::Image> thumb;
  std::string why;
  try {
    if (auto frame = source_->read(index)) {
      ready = std::make_shared<ReadyFrame>(
          ReadyFrame{index, std::move(frame->source), std::move(frame->image), nullptr, frame->seconds});
      ready->display = std::make_shared<const PhotoLevels>(photo_levels(ready->image));
      thumb = thumb_of(*ready->display);
    }
  } catch (const std::bad_alloc&) {
    why = source_->source_of(index) + ": not enough memory for this frame.";
  } catch (const std::exception& error) {
    why = error.what();
  }
  const std::optional<int> count = source_->count();
  lock.lock();
  if (serial != serial_) return;
  last_read_ = index;
  count_ = count;
  if (ready && keeps) cache_.put(ready);
  if (thumb && thumbs_.size() < kMostThumbs) thumbs_[index] = std::move(thumb);
  if (!ready) failed_.insert(index);
  if (!why.empty() && index == wanted_) news_.failures.emplace_back(index, why);
  lock.unlock();
  wake_();
  lock.lock();
}

}  // namespace headlight
