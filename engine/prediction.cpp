#include "engine/prediction.h"

#include <algorithm>

namespace vit {

double predict_ms(const CostTable& measured, const Measurements& times, const CostTable& wanted, int block) {
  if (times.wall().calls == 0) return 0;
  double sum = block < 0 ? times.waiting_ms() : 0;
  const auto add_row = [&](Op op, int b, double measured_ms) {
    const double before = measured.cost_with_fused(op, b, Convention::elements).operations;
    const double after = wanted.cost_with_fused(op, b, Convention::elements).operations;
    sum += before > 0 ? measured_ms * after / before : measured_ms;
  };
  for (const Operator& row : measured.operators()) {
    if (row.fused_into) continue;
    if (block >= 0) {
      if (is_block_op(row.op)) add_row(row.op, block, times.row(row.op, block).median_ms);
      continue;
    }
    const double whole = times.row(row.op, -1).median_ms;
    if (!is_block_op(row.op)) {
      add_row(row.op, -1, whole);
      continue;
    }
    // The blocks' medians need not add up to the median of their sum; keep the sum and each block's part of it.
    double parts = 0;
    for (int b = 0; b < measured.depth(); ++b) parts += times.row(row.op, b).median_ms;
    for (int b = 0; b < measured.depth() && parts > 0; ++b)
      add_row(row.op, b, times.row(row.op, b).median_ms * whole / parts);
  }
  return sum;
}

Settings with_heads(Settings settings, int heads, int block) {
  if (block < 0) {
    std::fill(settings.num_heads.begin(), settings.num_heads.end(), heads);
  } else {
    settings.num_heads[static_cast<std::size_t>(block)] = heads;
  }
  return settings;
}

}  // namespace vit
