#include "engine/lab/lab.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/kernels/kernels.h"

namespace vit {
namespace {

constexpr double kMostOperations = 2e10;                  // of a swept point
constexpr std::size_t kMostBytes = std::size_t{1} << 30;  // likewise
constexpr std::size_t kMostHeadCounts = 10;
constexpr int kFewestRounds = 3;

double operations_of(const ModuleSpec& spec) {
  return cost_table(spec).total(Section::attention, 0, Convention::elements).operations;
}

bool is_small(const ModuleSpec& spec) {
  return operations_of(spec) <= kMostOperations && bytes_needed(spec) <= kMostBytes;
}

/// The first, the last, the base and so many between them, evenly.
std::vector<int> thinned(const std::vector<int>& values, int base) {
  if (values.size() <= kMostHeadCounts) return values;
  std::vector<int> some = {base};
  for (std::size_t i = 0; i < kMostHeadCounts; ++i)
    some.push_back(values[i * (values.size() - 1) / (kMostHeadCounts - 1)]);
  return some;
}

void add_once(std::vector<ModuleSpec>& specs, const ModuleSpec& spec) {
  if (std::find(specs.begin(), specs.end(), spec) == specs.end()) specs.push_back(spec);
}

/// Another order for every round, the same on every machine.
std::vector<std::size_t> order_of(std::size_t count, int round) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::uint32_t state = 2654435761u * static_cast<std::uint32_t>(round + 1);
  for (std::size_t i = count; i > 1; --i) {
    state = state * 1664525u + 1013904223u;
    std::swap(order[i - 1], order[(state >> 8) % i]);
  }
  return order;
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// One round: a pass of each point. False where something disturbed it.
bool measure_round(LabResult& result, ModuleRunner& runner, Pool& pool, const LabControl& control, int round,
                   double share) {
  std::vector<std::pair<std::size_t, Timings>> found;
  for (const std::size_t i : order_of(result.points.size(), round)) {
    if (control.stop.stop_requested()) throw Cancelled();
    if (control.at_rest && !control.at_rest()) return false;
    const ModuleSpec& spec = result.points[i].spec;
    runner.run(spec, pool, control.stop);  // finds caches cold and memory to be allocated
    found.emplace_back(i, runner.run(spec, pool, control.stop));
    if (control.progress)
      control.progress(share * (round + static_cast<double>(found.size()) / static_cast<double>(result.points.size())));
  }
  for (auto& [i, timings] : found) result.points[i].passes.push_back(std::move(timings));
  return true;
}

LabLine line_of(const std::vector<CostTable>& tables, std::optional<Op> op) {
  LabLine line;
  line.op = op;
  line.name = op ? name_of(*op) : name_of(Section::attention);
  std::vector<double> operations, bytes;
  operations.reserve(tables.size());
  bytes.reserve(tables.size());
  for (const CostTable& table : tables) {
    const Totals total = op ? table.cost_with_fused(*op, 0, Convention::elements)
                            : table.total(Section::attention, 0, Convention::elements);
    operations.push_back(total.operations);
    bytes.push_back(total.bytes);
  }
  line.counts_bytes = std::all_of(operations.begin(), operations.end(), [](double count) { return count == 0; });
  line.work = line.counts_bytes ? bytes : operations;
  return line;
}

void add_times(LabLine& line, const std::vector<ModuleSpec>& specs, std::size_t base, const LabResult& result) {
  for (const ModuleSpec& spec : specs) {
    const LabPoint* point = result.find(spec);
    if (point == nullptr || point->passes.empty()) return line.measured.clear();
    line.measured.push_back(line.op ? row_time(*point, *line.op) : module_time(*point));
  }
  const double rate = line.measured[base].median_ms > 0 ? line.work[base] / line.measured[base].median_ms : 0;
  if (rate <= 0) return;
  for (const double work : line.work) line.predicted_ms.push_back(work / rate);
}

}  // namespace

std::span<const Choice<LabAxis>> choices(LabAxis) {
  static constexpr Choice<LabAxis> kAll[] = {
      {LabAxis::heads, "heads", "heads", "The same C channels cut into more and more heads."},
      {LabAxis::tokens, "tokens", "N", "More and more tokens."},
      {LabAxis::channels, "channels", "C", "Wider and wider heads, their number the same."},
      {LabAxis::batch, "batch", "B", "More and more images at once."},
  };
  return kAll;
}

int value_of(LabAxis axis, const ModuleSpec& spec) {
  switch (axis) {
    case LabAxis::heads:
      return spec.heads;
    case LabAxis::tokens:
      return spec.tokens;
    case LabAxis::channels:
      return spec.channels;
    case LabAxis::batch:
      break;
  }
  return spec.batch;
}

ModuleSpec with_value(ModuleSpec spec, LabAxis axis, int value) {
  switch (axis) {
    case LabAxis::heads:
      spec.heads = value;
      break;
    case LabAxis::tokens:
      spec.tokens = value;
      break;
    case LabAxis::channels:
      spec.channels = value;
      break;
    case LabAxis::batch:
      spec.batch = value;
      break;
  }
  return spec;
}

std::vector<int> swept_values(LabAxis axis, const ModuleSpec& spec) {
  const int own = value_of(axis, spec);
  std::vector<int> values;
  if (axis == LabAxis::heads) {
    values = thinned(divisors(spec.channels), own);
  } else {
    const int unit = axis == LabAxis::channels ? spec.heads : 1;  // channels of a head are what grows
    for (const double factor : {0.125, 0.25, 0.5, 1.0, 2.0, 4.0, axis == LabAxis::batch ? 8.0 : 1.0})
      values.push_back(unit * std::max(1, static_cast<int>(std::lround(static_cast<double>(own) / unit * factor))));
  }
  values.push_back(own);
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  std::erase_if(values, [&](int value) { return value != own && !is_small(with_value(spec, axis, value)); });
  return values;
}

std::vector<ModuleSpec> specs_of(const LabPlan& plan) {
  std::vector<ModuleSpec> specs = {plan.base};
  ModuleSpec other = plan.base;
  other.qkv_bias = !other.qkv_bias;
  specs.push_back(other);
  for (const Choice<LabAxis>& axis : choices(LabAxis{}))
    for (const int value : swept_values(axis.value, plan.base))
      add_once(specs, with_value(plan.base, axis.value, value));
  return specs;
}

const LabPoint* LabResult::find(const ModuleSpec& spec) const {
  const auto found = std::find_if(points.begin(), points.end(), [&](const LabPoint& p) { return p.spec == spec; });
  return found == points.end() ? nullptr : &*found;
}

double LabResult::spread() const {
  const LabPoint* base = find(plan.base);
  return base == nullptr ? 0 : module_time(*base).spread;
}

LabResult measure_lab(const LabPlan& plan, Pool& pool, const LabControl& control) {
  validate(plan.base);
  LabResult result{.plan = plan,
                   .instruction_set = plan.base.kernel == Kernel::reference ? "plain loops" : kernels().name,
                   .points = {}};
  for (const ModuleSpec& spec : specs_of(plan)) result.points.push_back({spec, {}});
  ModuleRunner runner;
  const auto begin = std::chrono::steady_clock::now();
  double share = 1.0 / std::max(1, plan.rounds);
  while (result.rounds < std::max(1, plan.rounds)) {
    if (result.rounds >= kFewestRounds && seconds_since(begin) > plan.seconds) break;
    if (!measure_round(result, runner, pool, control, result.rounds, share)) continue;
    ++result.rounds;
    // What time allows may be less than what is planned.
    const double by_time = plan.seconds / std::max(seconds_since(begin) / result.rounds, 1e-9);
    share = 1.0 /
            std::max(result.rounds + 0.0, std::min<double>(plan.rounds, std::max<double>(kFewestRounds, by_time + 1)));
  }
  if (control.progress) control.progress(1);
  return result;
}

RowTime row_time(const LabPoint& point, Op op) {
  return Measurements(cost_table(point.spec), point.passes).row(op, 0);
}

RowTime module_time(const LabPoint& point) {
  std::vector<double> ms;
  ms.reserve(point.passes.size());
  for (const Timings& pass : point.passes) {
    const OpTimes& rows = pass.blocks.front();
    ms.push_back(std::accumulate(rows.begin(), rows.end(), 0.0));
  }
  return summarise(std::move(ms));
}

const LabLine* LabSweep::find(std::optional<Op> op) const {
  const auto found = std::find_if(lines.begin(), lines.end(), [&](const LabLine& line) { return line.op == op; });
  return found == lines.end() ? nullptr : &*found;
}

LabSweep lab_sweep(const ModuleSpec& base, LabAxis axis, const LabResult* result) {
  LabSweep sweep{.axis = axis, .values = swept_values(axis, base)};
  const int own = value_of(axis, base);
  sweep.base =
      static_cast<std::size_t>(std::find(sweep.values.begin(), sweep.values.end(), own) - sweep.values.begin());
  std::vector<ModuleSpec> specs;
  std::vector<CostTable> tables;
  specs.reserve(sweep.values.size());
  tables.reserve(sweep.values.size());
  for (const int value : sweep.values) {
    specs.push_back(with_value(base, axis, value));
    tables.push_back(cost_table(specs.back()));
  }
  for (const Operator& row : tables[sweep.base].operators())
    if (belongs_to(row.op, Section::attention) && !row.fused_into) sweep.lines.push_back(line_of(tables, row.op));
  std::erase_if(sweep.lines, [](const LabLine& line) {  // a dropout that does not act
    return std::all_of(line.work.begin(), line.work.end(), [](double work) { return work == 0; });
  });
  sweep.lines.push_back(line_of(tables, std::nullopt));
  const std::vector<double> x(sweep.values.begin(), sweep.values.end());
  for (LabLine& line : sweep.lines) {
    line.work_fit = fit_power(x, line.work);
    if (result == nullptr || !(result->plan.base == base)) continue;
    add_times(line, specs, sweep.base, *result);
    std::vector<double> medians;
    medians.reserve(line.measured.size());
    for (const RowTime& time : line.measured) medians.push_back(time.median_ms);
    line.time_fit = fit_power(x, medians);
  }
  return sweep;
}

}  // namespace vit
