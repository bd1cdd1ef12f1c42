// Turns Ctrl-C and SIGTERM into a stop request that a forward pass and the window honour; a second one ends the program
// at once.
#pragma once

#include <stop_token>
#include <thread>

namespace headlight {

/// One at a time, made before any other thread starts (they inherit the blocked signals).
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return source_.get_token(); }
  void throw_if_requested() const;  // throws vit::Cancelled

 private:
  std::stop_source source_;
  std::thread waiter_;
};

}  // namespace headlight
