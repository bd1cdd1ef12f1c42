#include "app/cost/lab_plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/words/quantity.h"

namespace headlight {
namespace {

std::string axis_words(vit::LabAxis axis) {
  switch (axis) {
    case vit::LabAxis::heads:
      return "heads";
    case vit::LabAxis::tokens:
      return "tokens N";
    case vit::LabAxis::channels:
      return "channels C";
    case vit::LabAxis::batch:
      break;
  }
  return "images B";
}

/// Rows whose work is copying have no operations to be shown among others'.
bool is_shown(const vit::LabLine& line) {
  return !line.measured.empty() || !line.counts_bytes;
}

LogPlot::Point measured_point(const vit::LabSweep& sweep, const vit::LabLine& line, std::size_t i) {
  const vit::RowTime& time = line.measured[i];
  LogPlot::Point point{.x = static_cast<double>(sweep.values[i]),
                       .y = time.median_ms,
                       .low = std::min(time.min_ms, time.median_ms),
                       .high = std::max(time.max_ms, time.median_ms)};
  point.words =
      fmt::format("{}, {} {}\nmedian {} ms ({} to {}) of {} passes", line.name, vit::choice_of(sweep.axis).name,
                  sweep.values[i], ms_text(time.median_ms), ms_text(time.min_ms), ms_text(time.max_ms), time.calls);
  if (i < line.predicted_ms.size())
    point.words += fmt::format("\npredicted from {} {}: {} ms", vit::choice_of(sweep.axis).name,
                               sweep.values[sweep.base], ms_text(line.predicted_ms[i]));
  if (!line.counts_bytes && time.median_ms > 0)
    point.words += fmt::format("\n{} GFLOP/s", rate_text(vit::gflops(line.work[i], time.median_ms)));
  return point;
}

}  // namespace

LogPlot sweep_plot(const vit::LabSweep& sweep) {
  LogPlot plot;
  const bool measured = !sweep.lines.empty() && !sweep.lines.back().measured.empty();
  plot.x_title = axis_words(sweep.axis);
  plot.y_title = measured ? "ms" : "operations";
  plot.title =
      measured ? "time of a pass, ms (dashed: as the operations say)" : "operations of a pass (not measured yet)";
  plot.x_ticks.assign(sweep.values.begin(), sweep.values.end());
  plot.marked_x = static_cast<double>(sweep.values[sweep.base]);
  for (const vit::LabLine& line : sweep.lines) {
    if (!is_shown(line)) continue;
    LogPlot::Series series{.name = line.name, .op = line.op};
    for (std::size_t i = 0; i < sweep.values.size(); ++i) {
      const auto x = static_cast<double>(sweep.values[i]);
      if (!measured) {
        series.points.push_back(
            {.x = x,
             .y = line.work[i],
             .words = fmt::format("{}, {} {}\n{} operations", line.name, vit::choice_of(sweep.axis).name,
                                  sweep.values[i], count_text(line.work[i]))});
        continue;
      }
      if (line.measured[i].median_ms > 0) series.points.push_back(measured_point(sweep, line, i));
      if (i < line.predicted_ms.size()) series.predicted.emplace_back(x, line.predicted_ms[i]);
    }
    plot.series.push_back(std::move(series));
  }
  fit_axes(plot);
  return plot;
}

LogPlot roofline_plot(const std::vector<vit::RooflinePoint>& points, const vit::Ceilings& ceilings) {
  LogPlot plot;
  plot.title = "10⁹ operations a second";
  plot.x_title = "operations a byte";
  plot.y_title = "GFLOP/s";
  const auto words = [&](const vit::RooflinePoint& point) {
    std::string text = fmt::format("{}\n{} operations a byte\n{} GFLOP/s, {} GB/s, {} ms", point.name,
                                   vit::three_digits(point.intensity()), rate_text(point.gflops()),
                                   rate_text(point.gbytes()), ms_text(point.ms));
    if (ceilings.known())
      text += fmt::format("\n{} of the {} GFLOP/s possible there",
                          percent_text(point.gflops() / ceilings.roof(point.intensity())),
                          rate_text(ceilings.roof(point.intensity())));
    return text;
  };
  for (const vit::RooflinePoint& point : points)
    plot.series.push_back({.name = point.name,
                           .op = point.op,
                           .points = {{.x = point.intensity(), .y = point.gflops(), .words = words(point)}},
                           .joined = false});
  fit_axes(plot);
  if (!ceilings.known()) return plot;
  // Far enough that both bends are seen.
  const double bend = ceilings.gflops / ceilings.memory_gbytes, near_bend = ceilings.gflops / ceilings.cache_gbytes;
  plot.x_low = std::min(plot.x_low, near_bend / 4);
  plot.x_high = std::max(plot.x_high, bend * 4);
  plot.y_high = std::max(plot.y_high, ceilings.gflops * 1.6);
  plot.y_low = std::min({plot.y_low, ceilings.roof(plot.x_low), ceilings.gflops / 30});
  const auto roof = [&](const char* name, double gbytes) {
    const double left = std::max(plot.x_low, plot.y_low / gbytes);
    plot.limits.push_back({fmt::format("{}: {} GB/s", name, rate_text(gbytes)),
                           {{left, left * gbytes}, {ceilings.gflops / gbytes, ceilings.gflops}}});
  };
  roof("level-2 cache", ceilings.cache_gbytes);
  roof("memory", ceilings.memory_gbytes);
  plot.limits.push_back({fmt::format("multiply-adds: {} GFLOP/s", rate_text(ceilings.gflops)),
                         {{std::max(plot.x_low, near_bend), ceilings.gflops}, {plot.x_high, ceilings.gflops}}});
  return plot;
}

std::string exponent_text(const vit::PowerFit& fit, bool with_spread) {
  if (!fit.known()) return "–";
  const double exponent = std::abs(fit.exponent) < 0.005 ? 0 : fit.exponent;
  return with_spread ? fmt::format("{:.2f} ± {:.2f}", exponent, fit.spread) : fmt::format("{:.2f}", exponent);
}

}  // namespace headlight
