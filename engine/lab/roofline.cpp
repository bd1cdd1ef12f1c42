#include "engine/lab/roofline.h"

#include <fmt/format.h>

#include "engine/base/quantity.h"

namespace vit {

std::vector<RooflinePoint> roofline_points(const CostTable& table, const Measurements& times, int block) {
  std::vector<RooflinePoint> points;
  for (const Operator& row : table.operators()) {
    if (row.fused_into || (block >= 0 && !is_block_op(row.op))) continue;
    const int scope = is_block_op(row.op) ? block : -1;
    const Totals total = table.cost_with_fused(row.op, scope, Convention::elements);
    const RowTime time = times.row(row.op, scope);
    if (total.operations <= 0 || total.bytes <= 0 || time.median_ms <= 0) continue;
    points.push_back({.op = row.op,
                      .name = name_of(row.op),
                      .operations = total.operations,
                      .bytes = total.bytes,
                      .ms = time.median_ms});
  }
  return points;
}

std::vector<std::string> rows_without_bytes(const CostTable& table, int block) {
  std::vector<std::string> names;
  for (const Operator& row : table.operators()) {
    if (row.fused_into || (block >= 0 && !is_block_op(row.op))) continue;
    const Totals total = table.cost_with_fused(row.op, is_block_op(row.op) ? block : -1, Convention::elements);
    if (total.operations > 0 && total.bytes <= 0) names.emplace_back(name_of(row.op));
  }
  return names;
}

std::string sentence_of(const RooflinePoint& point, const Ceilings& ceilings) {
  const double intensity = point.intensity(), roof = ceilings.roof(intensity);
  const bool by_memory = ceilings.memory_roof(intensity) < ceilings.gflops;
  return fmt::format("{}: {} operations a byte, {} GFLOP/s in {} ms: {} of the {} GFLOP/s that are possible there. {}",
                     point.name, three_digits(intensity), three_digits(point.gflops()), three_digits(point.ms),
                     percent_text(point.gflops() / roof), three_digits(roof),
                     by_memory ? fmt::format("From memory alone it would reach {} at most: where it is faster, caches "
                                             "hold its numbers.",
                                             three_digits(ceilings.memory_roof(intensity)))
                               : std::string("Arithmetic bounds it, not memory."));
}

}  // namespace vit
