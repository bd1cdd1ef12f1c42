// The frames that were decoded last, and a small picture of each that has been seen, in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "engine/image/image.h"
#include "engine/image/photo_levels.h"

namespace headlight {

/// A frame as the window takes it.
struct ReadyFrame {
  int index = 0;
  std::string source;
  std::shared_ptr<const vit::Image> image;
  std::shared_ptr<const PhotoLevels> display;  // of it
  double seconds = 0;                          // how long the file wants it to be shown; 0: it does not say

  std::size_t bytes() const;  // of both together
};

/// The frame that was asked for longest ago goes first; the newest one always stays.
class FrameCache {
 public:
  explicit FrameCache(std::size_t most_bytes) : most_bytes_(most_bytes) {}
  void put(std::shared_ptr<const ReadyFrame> frame);
  std::shared_ptr<const ReadyFrame> find(int index);  // null: not there
  bool has(int index) const { return by_index_.contains(index); }
  void clear();
  std::size_t bytes() const { return bytes_; }
  std::size_t most_bytes() const { return most_bytes_; }
  std::size_t count() const { return by_index_.size(); }

 private:
  using Frames = std::list<std::shared_ptr<const ReadyFrame>>;
  std::size_t most_bytes_, bytes_ = 0;
  Frames frames_;  // the newest asked for first
  std::map<int, Frames::iterator> by_index_;
};

}  // namespace headlight
