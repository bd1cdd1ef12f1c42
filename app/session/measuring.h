// What to measure next while nobody waits for a picture, and when a time is known well enough.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/network/settings.h"

namespace headlight {

/// Measure every head count of `head_counts`, for all blocks or one.
struct Sweep {
  std::vector<int> head_counts;
  int block = -1;  // -1: all blocks
  int passes = 3;  // of each count that count
};

/// The settings that a sweep measures, in the order of its head counts.
std::vector<vit::Settings> sweep_settings(const Sweep& sweep, const vit::Settings& shown);

/// The passes of one exact setting, all of one model and input. The first pass after a change is none of them: it finds
/// caches cold and memory to be allocated.
struct Series {
  vit::Settings settings;
  std::vector<double> ms = {};             // of each pass that counts
  std::vector<double> waiting_share = {};  // 0 … 1 of it that threads waited
  bool given_up = false;                   // it cannot run
};

/// Standard error of the median over the median, from the range of the quartiles, so that one pass that the system held
/// up does not count. Infinite for fewer than two passes.
double median_spread(std::vector<double> ms);

/// At least five passes, until the median's spread is under 5 % or three seconds are spent. Passes of less than 20 ms
/// end after ten or 200 ms: what a small network takes is seen sooner.
bool enough(const std::vector<double>& ms);

/// All that the choice depends on.
struct MeasuringState {
  vit::Settings shown;        // of the picture on screen
  vit::Settings trained;      // everything as trained, run as `shown` runs
  bool has_exact = true;      // the shown precision is exact, or what it changed is known or cannot be
  bool has_baseline = false;  // a trace as trained is there, or cannot be had
  std::vector<Series> series = {};
  std::optional<Sweep> sweep = {};
  std::vector<Series> swept = {};  // since the sweep began
};

struct NextMeasurement {
  enum class Why : std::uint8_t { exact, baseline, timing, sweep } why = Why::timing;
  vit::Settings settings;
  double done = 0, share = 1;  // of the job that it belongs to, for a progress bar
};

/// First an exact pass, where what is shown is none; then a picture of the trained network to compare with; then times
/// of what is shown, and of the same with the trained head count, on which predictions stand; where threads wait for
/// more than a quarter of the time, the same on one thread; then the sweep. None when all is known.
std::optional<NextMeasurement> next_measurement(const MeasuringState& state);

/// The series of these settings, made where there is none.
Series& series_of(std::vector<Series>& all, const vit::Settings& settings);

}  // namespace headlight
