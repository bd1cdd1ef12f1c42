#include "app/cost/side_costs.h"

#include <algorithm>

namespace headlight {
namespace {

double operations_of(const CostLine& line, vit::Convention convention) {
  return convention == vit::Convention::mac ? line.macs + line.element_ops : line.operations;
}

void add(std::vector<SideCost>& rows, const CostLine& line, vit::Convention convention, bool of_b) {
  if (line.kind == CostLine::Kind::waiting) return;
  auto row = std::find_if(rows.begin(), rows.end(), [&](const SideCost& known) { return known.id == line.id; });
  if (row == rows.end()) {
    rows.push_back({});
    row = rows.end() - 1;
    row->kind = line.kind;
    row->id = line.id;
    row->name = line.name;
  }
  (of_b ? row->operations_b : row->operations_a) = operations_of(line, convention);
  (of_b ? row->ms_b : row->ms_a) = line.ms_median;
}

}  // namespace

std::optional<double> SideCost::operations_ratio() const {
  return operations_a > 0 ? std::optional(operations_b / operations_a) : std::nullopt;
}

std::optional<double> SideCost::time_ratio() const {
  return ms_a && ms_b && *ms_a > 0 ? std::optional(*ms_b / *ms_a) : std::nullopt;
}

std::vector<SideCost> side_costs(const CostView& a, const CostView& b) {
  std::vector<SideCost> rows;
  for (const CostLine& line : a.lines) add(rows, line, a.convention, false);
  for (const CostLine& line : b.lines) add(rows, line, b.convention, true);
  for (const CostLine& line : a.totals) add(rows, line, a.convention, false);
  for (const CostLine& line : b.totals) add(rows, line, b.convention, true);
  return rows;
}

}  // namespace headlight
