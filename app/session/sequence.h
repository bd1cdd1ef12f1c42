// The sequence that is open, if one is: its frames, which of them is wanted, and how it plays.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/session/frame_desk.h"
#include "app/session/player.h"

namespace headlight {

/// Main thread only.
class Sequence {
 public:
  /// `wake` may be called from any thread.
  explicit Sequence(std::function<void()> wake) : desk_(std::move(wake)) {}

  /// A folder, an animated picture or a video, in place of what is open. A sequence that does not open leaves the photo
  /// as it is. `shown`: a frame of it that is on screen already; -1: none.
  void open(std::string source, const vit::ImageReading& reading, int shown = -1);
  void close();
  /// One is open, and its first frame was seen.
  bool on() const { return shown_ >= 0; }
  bool opening() const { return opening_; }
  const std::string& source() const { return source_; }
  const vit::ImageReading& reading() const { return reading_; }  // of every frame
  std::optional<int> count() const { return count_; }
  int wanted() const { return wanted_; }  // 0 is the first
  int shown() const { return shown_; }    // the photo of the session

  void go_to(int index);  // the nearest that there is
  void step(int by);      // stops playing; with a loop over the ends
  void toggle_playing(double now_s);
  bool playing() const { return player_.playing(); }
  double rate() const { return player_.rate(); }  // frames a second that it plays; 0: not known
  bool loop = true;
  double frames_per_s = 0;  // 0: as the file says
  /// What is wanted is shown or cannot be, and it does not play.
  bool settled() const { return !opening_ && !playing() && (!on() || wanted_ == shown_); }

  struct Update {
    std::shared_ptr<const ReadyFrame> frame;  // to become the photo; null: as it is
    bool opened = false;                      // its first frame is there
    std::vector<std::string> failures;
  };
  /// Once a frame, before the panels.
  Update update();
  /// Once a frame, after them. `ready`: the shown frame's picture is on screen. When the next frame of the window is
  /// due; none: nothing plays.
  std::optional<double> play_on(double now_s, bool ready);

  // For the film strip.
  void set_sight(int first, int last) { first_in_sight_ = first, last_in_sight_ = last; }
  std::shared_ptr<const vit::Image> thumb(int index) const { return desk_.thumb(index); }

 private:
  void skip(int failed);

  FrameDesk desk_;
  std::string source_;
  vit::ImageReading reading_;
  bool opening_ = false;
  std::optional<int> count_;
  int wanted_ = 0, shown_ = -1;
  double seconds_ = 0;  // of the shown frame, as the file says
  Player player_;
  int first_in_sight_ = 0, last_in_sight_ = -1;
};

}  // namespace headlight
