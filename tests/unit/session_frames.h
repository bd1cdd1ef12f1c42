// A session's frames, as the window draws them.
#pragma once

#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "app/session/session.h"
#include "tests/unit/patience.h"

namespace headlight {

/// Frames until `done()`, as long as a test may wait; whether it came to that. Failures are kept in their order.
template <class Done>
bool session_frames_until(Session& session, std::vector<Failure>& failures, Done done) {
  const auto limit = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    session.update();
    session.request_wanted();
    for (Failure& failure : session.take_failures()) failures.push_back(std::move(failure));
    if (done()) return true;
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace headlight
