// A few threads that share the tiles of one operator at a time: asleep when idle, quick to wake, never nested.
#pragma once

#include <functional>
#include <memory>

namespace vit {

/// One caller at a time. The caller's own thread works too, as thread 0.
class Pool {
 public:
  explicit Pool(int threads);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const;

  /// Calls task(index, thread) for every index in [0, count), in any order, and returns when all are done.
  /// The first exception that a task throws is rethrown here; the remaining tasks are then skipped.
  void run(int count, const std::function<void(int index, int thread)>& task);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The number of processors that this process may use.
int available_processors();

}  // namespace vit
