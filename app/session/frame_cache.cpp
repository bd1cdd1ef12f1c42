#include "app/session/frame_cache.h"

#include <utility>

namespace headlight {

std::size_t ReadyFrame::bytes() const {
  std::size_t sum = image ? image->rgb.size() : 0;
  if (display)
    for (const auto& level : *display)
      if (level != image) sum += level->rgb.size();
  return sum;
}

void FrameCache::put(std::shared_ptr<const ReadyFrame> frame) {
  const int index = frame->index;
  if (const auto found = by_index_.find(index); found != by_index_.end()) {
    bytes_ -= (*found->second)->bytes();
    frames_.erase(found->second);
  }
  bytes_ += frame->bytes();
  frames_.push_front(std::move(frame));
  by_index_[index] = frames_.begin();
  while (bytes_ > most_bytes_ && frames_.size() > 1) {
    bytes_ -= frames_.back()->bytes();
    by_index_.erase(frames_.back()->index);
    frames_.pop_back();
  }
}

std::shared_ptr<const ReadyFrame> FrameCache::find(int index) {
  const auto found = by_index_.find(index);
  if (found == by_index_.end()) return nullptr;
  frames_.splice(frames_.begin(), frames_, found->second);
  return frames_.front();
}

void FrameCache::clear() {
  frames_.clear();
  by_index_.clear();
  bytes_ = 0;
}

}  // namespace headlight
