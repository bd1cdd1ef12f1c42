#include "app/session/measuring.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/cost/measurements.h"

namespace headlight {
namespace {

constexpr std::size_t kFewest = 5;
constexpr double kSpread = 0.05, kMostMs = 3000;
constexpr double kQuickMs = 20;  // of a pass
constexpr std::size_t kMostQuick = 10;
constexpr double kMostQuickMs = 200;
constexpr double kMuchWaiting = 0.25;  // of a pass

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return vit::quantile(values, 0.5);
}

const Series* find(const std::vector<Series>& all, const vit::Settings& settings) {
  for (const Series& series : all)
    if (vit::same_work(series.settings, settings)) return &series;
  return nullptr;
}

std::optional<NextMeasurement> next_timing(const std::vector<Series>& all, const vit::Settings& settings) {
  const Series* known = find(all, settings);
  if (known != nullptr && (known->given_up || enough(known->ms))) return std::nullopt;
  const double passes = known == nullptr ? 0 : static_cast<double>(known->ms.size());
  return NextMeasurement{NextMeasurement::Why::timing, settings, passes / (passes + kFewest), 1 / (passes + kFewest)};
}

/// What is shown, on one thread, where it may well be faster so.
std::optional<NextMeasurement> next_on_one_thread(const MeasuringState& state) {
  const Series* shown = find(state.series, state.shown);
  if (state.shown.pass_threads() < 2 || shown == nullptr || shown->waiting_share.empty()) return std::nullopt;
  if (median(shown->waiting_share) < kMuchWaiting) return std::nullopt;
  vit::Settings alone = state.shown;
  alone.threads = 1;
  return next_timing(state.series, alone);
}

std::optional<NextMeasurement> next_of_sweep(const MeasuringState& state) {
  const std::vector<vit::Settings> all = sweep_settings(*state.sweep, state.shown);
  const auto wanted = static_cast<std::size_t>(std::max(state.sweep->passes, 1));
  const double total = static_cast<double>(all.size() * wanted);
  double done = 0;
  for (const vit::Settings& settings : all) {
    const Series* known = find(state.swept, settings);
    const std::size_t passes = known == nullptr ? 0 : known->ms.size();
    if (passes < wanted && !(known != nullptr && known->given_up))
      return NextMeasurement{NextMeasurement::Why::sweep, settings, (done + static_cast<double>(passes)) / total,
                             1 / total};
    done += static_cast<double>(wanted);
  }
  return std::nullopt;
}

}  // namespace

std::vector<vit::Settings> sweep_settings(const Sweep& sweep, const vit::Settings& shown) {
  std::vector<vit::Settings> all;
  for (const int heads : sweep.head_counts) all.push_back(vit::with_heads(shown, heads, sweep.block));
  return all;
}

double median_spread(std::vector<double> ms) {
  if (ms.size() < 2) return std::numeric_limits<double>::infinity();
  std::sort(ms.begin(), ms.end());
  // For a normal distribution: σ = range of quartiles / 1.349, and the median's standard error is 1.2533·σ/√n.
  const double sigma = (vit::quantile(ms, 0.75) - vit::quantile(ms, 0.25)) / 1.349;
  return 1.2533 * sigma / std::sqrt(static_cast<double>(ms.size())) / vit::quantile(ms, 0.5);
}

bool enough(const std::vector<double>& ms) {
  if (ms.empty()) return false;
  const double total = std::accumulate(ms.begin(), ms.end(), 0.0);
  const bool quick = median(ms) < kQuickMs;
  if (total >= (quick ? kMostQuickMs : kMostMs) || (quick && ms.size() >= kMostQuick)) return true;
  return ms.size() >= kFewest && median_spread(ms) < kSpread;
}

std::optional<NextMeasurement> next_measurement(const MeasuringState& state) {
  if (!state.has_exact) {
    vit::Settings exact = state.shown;
    exact.precision = vit::Precision::exact;
    return NextMeasurement{NextMeasurement::Why::exact, exact};
  }
  if (!state.has_baseline) return NextMeasurement{NextMeasurement::Why::baseline, state.trained};
  if (auto next = next_timing(state.series, state.shown)) return next;
  vit::Settings trained_heads = state.shown;
  trained_heads.set_heads(state.trained.head_counts());
  if (auto next = next_timing(state.series, trained_heads)) return next;
  if (auto next = next_on_one_thread(state)) return next;
  return state.sweep ? next_of_sweep(state) : std::nullopt;
}

Series& series_of(std::vector<Series>& all, const vit::Settings& settings) {
  for (Series& series : all)
    if (vit::same_work(series.settings, settings)) return series;
  all.push_back({settings});
  return all.back();
}

}  // namespace headlight
