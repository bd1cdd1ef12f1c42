// Short messages over the window's lower edge that go away by themselves.
#pragma once

#include <deque>
#include <string>

#include "app/ui/ui.h"

namespace headlight::ui {

class Toasts {
 public:
  static constexpr double kSeconds = 8;

  void say(std::string sentence) { add(std::move(sentence), false); }
  void warn(std::string sentence) { add(std::move(sentence), true); }
  /// The newest message, empty when none is on screen.
  std::string newest() const { return toasts_.empty() ? std::string() : toasts_.back().sentence; }
  void draw(Ui& ui);

 private:
  struct Toast {
    std::string sentence;
    bool warning = false;
    double until = 0;  // s; 0: its time has not begun
  };
  void add(std::string sentence, bool warning);
  std::deque<Toast> toasts_;
};

}  // namespace headlight::ui
