// Times every operator of a forward pass, on every thread, and carries stop requests in and progress out.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

#include "engine/operators.h"

namespace vit {

using OpTimes = std::array<double, kOpCount>;  // ms; a row's time is the sum over threads divided by the threads

/// What one pass took. `model` holds the operators outside the blocks; `blocks[b]` is all zero for a block below
/// `first_block`, which was taken over from an earlier trace. The rows and `waiting_ms` add up to `wall_ms`.
struct Timings {
  int first_block = 0;
  int threads = 1;
  double wall_ms = 0;
  OpTimes model{};
  std::vector<OpTimes> blocks;  // (L)
  double waiting_ms() const;    // wall time that no row accounts for: threads waiting for each other, and the rest
};

/// One per forward pass. `add` may be called from the pool's threads, each with its own index; the rest from the
/// caller's.
class Meter {
 public:
  using Clock = std::chrono::steady_clock;

  /// `progress` is called with 0 … 1 from the thread that runs the pass, at most once a block.
  explicit Meter(std::stop_token stop = {}, std::function<void(double)> progress = {});

  void start(int blocks, int threads, int first_block);
  void enter_block(int block);  // -1: outside the blocks
  void add(Op op, int thread, Clock::duration elapsed) {
    lanes_[static_cast<std::size_t>(thread)].ticks[static_cast<std::size_t>(op)] += elapsed.count();
  }
  void finish();

  bool stop_requested() const { return stop_.stop_requested(); }
  void throw_if_stopped() const;  // throws Cancelled
  void report(double fraction) const {
    if (progress_) progress_(fraction);
  }
  const Timings& timings() const { return timings_; }

 private:
  struct alignas(64) Lane {
    std::array<std::int64_t, kOpCount> ticks{};
  };
  void collect();  // moves the lanes' ticks into the current block's row

  std::stop_token stop_;
  std::function<void(double)> progress_;
  std::vector<Lane> lanes_;
  Timings timings_;
  Clock::time_point started_;
  int block_ = -1;
};

}  // namespace vit
