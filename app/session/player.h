// The clock of a sequence that plays: when the next frame's turn is. Pure; times in seconds of one clock.
#pragma once

#include <deque>
#include <optional>

namespace headlight {

/// How long a frame is shown: at `frames_per_s`, or as the file says where that is 0. A file that says nothing, or less
/// than a hundredth of a second, is shown at ten frames a second, as browsers do.
double turn_seconds(double file_seconds, double frames_per_s);

/// The frame after `at` among `count` of them (none: not known yet); none behind the last one without a loop.
std::optional<int> frame_after(int at, std::optional<int> count, bool loop);

/// No frame is left out: one that takes longer to compute has a longer turn.
class Player {
 public:
  bool playing() const { return playing_; }
  void play(double now_s);
  void pause();
  /// Whether the present frame's turn is over. `ready`: its picture is on screen. One that is late by less than its
  /// turn makes the next turns begin when they should.
  bool over(double now_s, bool ready, double turn_s);
  /// When that is to be asked again; the past where the picture is not ready in time.
  double due_s(double turn_s) const { return began_s_ + turn_s; }
  /// Frames a second over the last few turns; 0: too few yet.
  double rate() const;

 private:
  bool playing_ = false;
  double began_s_ = 0;          // when the present turn should have begun
  std::deque<double> changes_;  // when the last few frames came
};

}  // namespace headlight
