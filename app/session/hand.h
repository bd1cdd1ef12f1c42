// Whether the user's hand is on a control that changes numbers: a mouse button that is down, or a key that repeats.
#pragma once

#include <limits>

namespace headlight {

/// Main thread only; times in seconds of one clock.
class Hand {
 public:
  /// A key that is held repeats ten times a second and more; fingers that step tap about three times.
  static constexpr double kRepeat_s = 0.4;

  void watch(double time_s, bool button_down) {
    button_down_ = button_down;
    if (time_s - changed_s_ > kRepeat_s) repeats_ = false;
  }
  /// A number was changed.
  void change(double time_s) {
    repeats_ = time_s - changed_s_ <= kRepeat_s;
    changed_s_ = time_s;
  }
  bool holds() const { return button_down_ || repeats_; }

 private:
  bool button_down_ = false, repeats_ = false;
  double changed_s_ = -std::numeric_limits<double>::infinity();  // the newest change
};

}  // namespace headlight
