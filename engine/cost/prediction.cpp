#include "engine/cost/prediction.h"

#include <algorithm>
#include <numeric>

namespace vit {

Predictor::Predictor(const CostTable& measured, const Measurements& times, int block) {
  if (times.wall().calls == 0) return;
  if (block < 0) fixed_ms_ = times.waiting_ms();
  const auto add_row = [&](Op op, int b, double ms) {
    const double operations = measured.cost_with_fused(op, b, Convention::elements).operations;
    if (operations > 0)
      rows_.push_back({op, b, ms, operations});
    else
      fixed_ms_ += ms;
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
    std::vector<double> medians;
    medians.reserve(static_cast<std::size_t>(measured.depth()));
    for (int b = 0; b < measured.depth(); ++b) medians.push_back(times.row(row.op, b).median_ms);
    const double parts = std::accumulate(medians.begin(), medians.end(), 0.0);
    for (int b = 0; b < measured.depth() && parts > 0; ++b)
      add_row(row.op, b, medians[static_cast<std::size_t>(b)] * whole / parts);
  }
}

double Predictor::ms(const CostTable& wanted) const {
  double sum = fixed_ms_;
  for (const Row& row : rows_)
    sum += row.ms * wanted.cost_with_fused(row.op, row.block, Convention::elements).operations / row.operations;
  return sum;
}

double predict_ms(const CostTable& measured, const Measurements& times, const CostTable& wanted, int block) {
  return Predictor(measured, times, block).ms(wanted);
}

}  // namespace vit
