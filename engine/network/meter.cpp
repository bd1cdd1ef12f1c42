#include "engine/network/meter.h"

#include <numeric>
#include <utility>

#include "engine/base/error.h"

namespace vit {

double Timings::rows_ms() const {
  double sum = std::accumulate(model.begin(), model.end(), 0.0);
  for (const OpTimes& block : blocks) sum = std::accumulate(block.begin(), block.end(), sum);
  return sum;
}

double Timings::waiting_ms() const {
  return wall_ms - rows_ms();
}

Meter::Meter(std::stop_token stop, std::function<void(double)> progress)
    : stop_(std::move(stop)), progress_(std::move(progress)) {}

void Meter::start(int blocks, int threads, int first_block) {
  timings_ = {
      .first_block = first_block, .threads = threads, .wall_ms = 0, .model = {}, .blocks = {}, .block_waiting_ms = {}};
  timings_.blocks.resize(static_cast<std::size_t>(blocks));
  timings_.block_waiting_ms.resize(static_cast<std::size_t>(blocks));
  lanes_.assign(static_cast<std::size_t>(threads), {});
  started_ = Clock::now();
  for (PaddedLane& padded : lanes_) {
    padded.lane.ticks_.resize(static_cast<std::size_t>(blocks) + 1);
    padded.lane.waited_.resize(static_cast<std::size_t>(blocks) + 1);
    padded.lane.last_ = started_;
  }
}

void Meter::finish() {
  const auto ms = [](Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); };
  timings_.wall_ms = ms(Clock::now() - started_);
  for (const PaddedLane& padded : lanes_) {
    for (std::size_t row = 0; row < padded.lane.ticks_.size(); ++row) {
      OpTimes& times = row == 0 ? timings_.model : timings_.blocks[row - 1];
      for (std::size_t op = 0; op < times.size(); ++op) {
        times[op] += ms(Clock::duration(padded.lane.ticks_[row][op])) / timings_.threads;
      }
      if (row > 0)
        timings_.block_waiting_ms[row - 1] += ms(Clock::duration(padded.lane.waited_[row])) / timings_.threads;
    }
  }
  lanes_.clear();
}

void Meter::throw_if_stopped() const {
  if (stop_.stop_requested()) throw Cancelled();
}

}  // namespace vit
