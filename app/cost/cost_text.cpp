#include "app/cost/cost_text.h"

#include <algorithm>
#include <cmath>

#include "app/words/quantity.h"
#include "app/words/text_table.h"

namespace headlight {
namespace {

using Cells = std::vector<std::string>;

std::string or_dash(const std::optional<double>& value, std::string (*text)(double)) {
  return value ? text(*value) : "–";
}

std::string count_or_zero(double count) {
  return count == 0 ? "0" : count_text(count);
}

std::string bar(double share) {
  constexpr int kCells = 20;
  std::string text;
  for (int i = 0; i < static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * kCells)); ++i) text += "█";
  return text;
}

Cells cells_of(const CostLine& line, bool counts_are_macs) {
  std::string name = line.name;
  if (line.blocks > 1) name += " ×" + std::to_string(line.blocks);
  Cells cells = {name, line.formula, count_or_zero(counts_are_macs ? line.macs : line.operations),
                 count_or_zero(line.element_ops), bytes_text(line.bytes)};
  if (!line.instead_of_time.empty()) {
    cells.insert(cells.end(), {line.instead_of_time});
    return cells;
  }
  cells.insert(cells.end(),
               {or_dash(line.ms_median, ms_text), or_dash(line.ms_min, ms_text), or_dash(line.gflops, rate_text),
                or_dash(line.gbytes, rate_text), or_dash(line.share, percent_text), bar(line.share.value_or(0))});
  return cells;
}

}  // namespace

std::string cost_text(const CostView& view) {
  const vit::ConventionColumn& column = vit::column_of(view.convention);
  const bool macs = view.convention == vit::Convention::mac;
  std::vector<Cells> lines = {
      {"operator", "formula", column.unit, "element ops", "moved", "ms", "min", "GFLOP/s", "GB/s", "share", ""}, {}};
  for (const CostLine& line : view.lines) lines.push_back(cells_of(line, macs));
  lines.push_back({});
  for (const CostLine& line : view.totals) {
    Cells cells = cells_of(line, macs);
    cells.back().clear();  // totals overlap: no bar
    lines.push_back(cells);
  }
  return text_table(lines, {true, true, false, false, false, false, false, false, false, false, true});
}

std::string sweep_text(const std::vector<SweepPoint>& sweep, int trained_heads) {
  std::vector<Cells> lines = {{"heads", "predicted ms", "measured ms", "min", "measured − predicted", ""}, {}};
  double longest = 0;
  for (const SweepPoint& point : sweep) longest = std::max(longest, point.measured.median_ms);
  for (const SweepPoint& point : sweep) {
    const double difference = point.measured.median_ms - point.predicted_ms;
    lines.push_back({std::to_string(point.heads), ms_text(point.predicted_ms), ms_text(point.measured.median_ms),
                     ms_text(point.measured.min_ms),
                     (difference < 0 ? "−" : "+") + percent_text(std::abs(difference) / point.predicted_ms),
                     bar(point.measured.median_ms / longest) + (point.heads == trained_heads ? " trained" : "")});
  }
  return text_table(lines, {false, false, false, false, false, true});
}

}  // namespace headlight
