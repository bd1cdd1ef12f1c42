// A few threads that run one function side by side: asleep when idle, quick to wake, never nested.
#pragma once

#include <functional>
#include <memory>

namespace vit {

/// The half-open range of indices that one thread of a team works on.
struct Share {
  int begin = 0;
  int end = 0;
  int count() const { return end - begin; }
  bool operator==(const Share&) const = default;
};

/// Part `part` of `parts` nearly equal parts of [0, count), in order, without gaps.
Share share_of(int count, int part, int parts);

class Pool;

/// What one thread of a running team knows. Valid inside the team's body only.
class Member {
 public:
  int thread() const { return thread_; }  // 0 … threads - 1; 0 is the caller's own thread
  int threads() const { return threads_; }
  Share share(int count) const { return share_of(count, thread_, threads_); }

  /// Waits until every thread of the team has come here as often: what they wrote before may then be read. Throws an
  /// exception of its own if another thread has left the body by one; do not catch it.
  void sync();

 private:
  friend class Pool;
  Member(Pool& pool, int thread, int threads) : pool_(pool), thread_(thread), threads_(threads) {}
  Pool& pool_;
  int thread_, threads_;
};

/// One caller at a time; a call from inside a running one is a bug (assert).
class Pool {
 public:
  explicit Pool(int threads);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const;

  /// Runs body(member) once on each of the first `threads` threads at the same time (at most threads(), which 0
  /// stands for) and returns when all are done. The first exception that a body throws is rethrown here.
  void team(int threads, const std::function<void(Member&)>& body);

  /// Calls task(index, thread) for every index in [0, count), in any order, and returns when all are done.
  /// The first exception that a task throws is rethrown here; the remaining tasks are then skipped.
  void run(int count, const std::function<void(int index, int thread)>& task);

 private:
  friend class Member;
  struct State;
  std::unique_ptr<State> state_;
};

/// The number of processors that this process may use.
int available_processors();

}  // namespace vit
