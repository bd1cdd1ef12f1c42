// The Attention module measured on this machine: sweeps over its sizes, side by side, against the operator table.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/choices.h"
#include "engine/cost/measurements.h"
#include "engine/lab/attention_module.h"
#include "engine/lab/power_fit.h"

namespace vit {

/// What a sweep changes while everything else stays.
enum class LabAxis : std::uint8_t { heads, tokens, channels, batch };
std::span<const Choice<LabAxis>> choices(LabAxis);

int value_of(LabAxis axis, const ModuleSpec& spec);
ModuleSpec with_value(ModuleSpec spec, LabAxis axis, int value);

/// What a sweep measures, ascending: divisors of C as head counts, an eighth to four times of the others (of images
/// eight), the spec's own value among them; channels are whole multiples of the heads. What would take more than some
/// gigabytes or seconds is left out.
std::vector<int> swept_values(LabAxis axis, const ModuleSpec& spec);

struct LabPlan {
  ModuleSpec base;
  int rounds = 9;       // each measures every point once
  double seconds = 20;  // after which no round begins once there are three
  bool operator==(const LabPlan&) const = default;
};

/// Every spec that the plan measures, once: the base, the points of the four sweeps, and the base with the other
/// qkv_bias.
std::vector<ModuleSpec> specs_of(const LabPlan& plan);

struct LabPoint {
  ModuleSpec spec;
  std::vector<Timings> passes;  // one a round
};

/// Immutable once made; share it.
struct LabResult {
  LabPlan plan;
  std::string instruction_set;
  std::vector<LabPoint> points;  // as specs_of has them
  int rounds = 0;
  const LabPoint* find(const ModuleSpec& spec) const;
  /// Of the base's times, see RowTime: above kNoisySpread they say little.
  double spread() const;
};

struct LabControl {
  std::stop_token stop = {};
  std::function<void(double)> progress = {};  // hears 0 … 1
  /// Called before every pass: waits until the machine is at rest. False if it had to: then the round begins anew.
  std::function<bool()> at_rest = {};
};

/// Measures in rounds, every point once a round, after a pass of its own that does not count and in an order that
/// changes. Throws Error for a base that cannot be, Cancelled.
LabResult measure_lab(const LabPlan& plan, Pool& pool, const LabControl& control = {});

/// One row of the module, or all of them together, over the values of an axis.
struct LabLine {
  std::optional<Op> op;  // none: the whole module
  std::string name;
  bool counts_bytes = false;         // `work` is the bytes moved: the row has no operations
  std::vector<double> work;          // at each value: operations (2 a multiply-add), or bytes
  std::vector<RowTime> measured;     // likewise; empty before there is a measurement
  std::vector<double> predicted_ms;  // likewise: the work at the rate of the base; empty before
  PowerFit work_fit, time_fit;
};

struct LabSweep {
  LabAxis axis = LabAxis::heads;
  std::vector<int> values = {};
  std::size_t base = 0;             // index of the base's value
  std::vector<LabLine> lines = {};  // rows in the order of the module, then the whole
  const LabLine* find(std::optional<Op> op) const;
};

/// With `result` null or of another plan's base: the work alone.
LabSweep lab_sweep(const ModuleSpec& base, LabAxis axis, const LabResult* result);

/// The time of a row in the passes of one point, with what is fused into it.
RowTime row_time(const LabPoint& point, Op op);
/// Of the whole module: its rows together, pass by pass.
RowTime module_time(const LabPoint& point);

}  // namespace vit
