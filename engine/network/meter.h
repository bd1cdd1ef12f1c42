// Times every operator of a forward pass, on every thread, and carries stop requests in and progress out.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

#include "engine/network/operators.h"

namespace vit {

using OpTimes = std::array<double, kOpCount>;  // ms; a row's time is the sum over threads divided by the threads

/// What one pass took. `model` holds the operators outside the blocks; `blocks[b]` is all zero for a block below
/// `first_block`, which was taken over from an earlier trace. The rows and `waiting_ms` add up to `wall_ms`.
struct Timings {
  int first_block = 0;
  int threads = 1;
  double wall_ms = 0;
  OpTimes model{};
  std::vector<OpTimes> blocks;           // (L)
  std::vector<double> block_waiting_ms;  // (L) of it, what fell into each block: mean over the threads
  double rows_ms() const;                // all rows together
  double waiting_ms() const;  // wall time that no row accounts for: threads waiting for each other, and the rest
};

struct Trace;

/// One per forward pass: it hands a lane to each thread, and adds them up in the end.
class Meter {
 public:
  using Clock = std::chrono::steady_clock;

  /// One thread's clock. An operator's time runs from the lap (or restart) before to the lap that names it, so that one
  /// look at the clock does for two operators.
  class Lane {
   public:
    /// What follows belongs to this block; -1: outside the blocks.
    void enter_block(int block) { row_ = block + 1; }
    /// What has gone since the lap before belongs to no row: this thread waited.
    void restart() {
      const Clock::time_point now = Clock::now();
      waited_[static_cast<std::size_t>(row_)] += (now - last_).count();
      last_ = now;
    }
    void lap(Op op) {
      const Clock::time_point now = Clock::now();
      ticks_[static_cast<std::size_t>(row_)][static_cast<std::size_t>(op)] += (now - last_).count();
      last_ = now;
    }

   private:
    friend class Meter;
    std::vector<std::array<Clock::rep, kOpCount>> ticks_;  // (1 + L), outside the blocks first
    std::vector<Clock::rep> waited_;                       // (1 + L)
    int row_ = 0;
    Clock::time_point last_;
  };

  /// `progress` is called with 0 … 1 from the thread that runs the pass, at most once a block.
  explicit Meter(std::stop_token stop = {}, std::function<void(double)> progress = {});

  /// `grown` hears of the blocks that are done while the pass goes on: a trace of its own that ends with them (see
  /// Extent). From the thread that runs the pass, at most once a block; keep it short.
  void on_growth(std::function<void(std::shared_ptr<const Trace>)> grown) { grown_ = std::move(grown); }
  bool wants_growth() const { return grown_ != nullptr; }
  void report_growth(std::shared_ptr<const Trace> part) const { grown_(std::move(part)); }

  /// The pass begins: the clock runs, and there is a lane for each thread.
  void start(int blocks, int threads, int first_block);
  Lane& lane(int thread) { return lanes_[static_cast<std::size_t>(thread)].lane; }
  /// The pass ends, or was cancelled: `timings` holds what was done.
  void finish();

  bool stop_requested() const { return stop_.stop_requested(); }
  void throw_if_stopped() const;  // throws Cancelled
  void report(double fraction) const {
    if (progress_) progress_(fraction);
  }
  const Timings& timings() const { return timings_; }

 private:
  struct alignas(64) PaddedLane {
    Lane lane;
  };

  std::stop_token stop_;
  std::function<void(double)> progress_;
  std::function<void(std::shared_ptr<const Trace>)> grown_;
  std::vector<PaddedLane> lanes_;
  Timings timings_;
  Clock::time_point started_;
};

}  // namespace vit
