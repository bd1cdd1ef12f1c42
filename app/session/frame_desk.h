// The thread that reads the frames of a sequence: the wanted one first, then those that come next, then small pictures
// for the film strip.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "app/files/frame_source.h"
#include "app/session/frame_cache.h"

namespace headlight {

/// All functions may be called from any thread; they never wait for a frame.
class FrameDesk {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{256} << 20;  // of decoded frames
  static constexpr int kAhead = 4;                                   // frames that are read before they are wanted
  static constexpr std::size_t kMostThumbs = 1500;
  static constexpr int kThumbPx = 144;  // longer side

  /// `wake` is called from the desk's thread, without a lock, whenever something new is there.
  explicit FrameDesk(std::function<void()> wake);
  ~FrameDesk();
  FrameDesk(const FrameDesk&) = delete;
  FrameDesk& operator=(const FrameDesk&) = delete;

  void open(std::string source, const vit::ImageReading& reading);  // in place of what is open
  void close();
  /// The frame that is to be there next, and the part of the film strip that is in sight.
  void want(int index, bool loop, int first_in_sight, int last_in_sight);

  std::shared_ptr<const ReadyFrame> frame(int index);        // null: not there
  std::shared_ptr<const vit::Image> thumb(int index) const;  // null: not yet

  struct News {
    bool opened = false;                                // since the last call
    std::string not_opened;                             // why not; empty: it was, or will be
    std::optional<int> count;                           // of the open sequence, if it is known
    std::vector<std::pair<int, std::string>> failures;  // frames that cannot be read, and why
  };
  News take();

 private:
  void run();
  void open_source(std::unique_lock<std::mutex>& lock);
  std::optional<int> next_frame() const;  // to be read; with the lock
  std::optional<int> next_thumb() const;  // likewise
  void read(int index, bool keeps, std::unique_lock<std::mutex>& lock);
  bool can_be(int index) const;

  const std::function<void()> wake_;
  mutable std::mutex mutex_;  // guards all down to quit_
  std::condition_variable changed_;
  std::optional<std::pair<std::string, vit::ImageReading>> to_open_;
  bool to_close_ = false;
  std::uint64_t serial_ = 0;  // of the open sequence: what is read of an older one is nobody's
  FrameCache cache_{kMostBytes};
  std::map<int, std::shared_ptr<const vit::Image>> thumbs_;
  std::set<int> failed_;
  std::optional<int> count_;
  bool jumps_ = false, open_ = false, loop_ = false;
  int wanted_ = 0, first_in_sight_ = 0, last_in_sight_ = -1;
  int last_read_ = -1;
  News news_;
  bool quit_ = false;

  std::unique_ptr<FrameSource> source_;  // the thread's own
  std::thread thread_;
};

}  // namespace headlight
