// What is done when the display goes away under the window: the X server ended, or the connection to it.
#pragma once

#include <functional>

namespace headlight {

/// While it exists, a display that is lost ends the program with a sentence and status 1, after `save`. Without it Xlib
/// ends the program where it stands, and static objects go while other threads use them. Made once GLFW has begun; does
/// nothing where the window is not of X11.
class LostDisplay {
 public:
  explicit LostDisplay(std::function<void()> save);
  ~LostDisplay();
  LostDisplay(const LostDisplay&) = delete;
  LostDisplay& operator=(const LostDisplay&) = delete;
};

}  // namespace headlight
