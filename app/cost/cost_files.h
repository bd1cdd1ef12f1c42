// The cost table as JSON and CSV: one entry for every row of every block.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/cost/cost.h"
#include "engine/cost/measurements.h"
#include "engine/cost/prediction.h"

namespace headlight {

/// One head count of a sweep.
struct SweepPoint {
  int heads = 0;
  double predicted_ms = 0;  // 0: nothing to predict from
  vit::RowTime measured;    // of the whole pass
};

/// What the files say beside the table.
struct CostFileContext {
  std::string model{}, image{}, instruction_set{};
  vit::Convention convention = vit::Convention::mac;
  std::vector<SweepPoint> sweep{};
  bool backward = false;  // the rows are of the backward pass, of which there are no findings
};

/// `direction`: "forward" or "backward"; `rows`: name, op, block (null outside the blocks), shape, formula, macs,
/// element_ops, bytes, ms_median, ms_min, calls and more; `total`: the same figures of the whole pass; `totals`,
/// `findings`, `sweep`. Fused rows have null times and name their host; the last row is the time that no operator
/// accounts for, so that the medians add up to the total's.
std::string cost_json(const vit::CostTable& table, std::span<const vit::Timings> passes,
                      const CostFileContext& context);

/// The rows alone, comma-separated, with a line of names.
std::string cost_csv(const vit::CostTable& table, std::span<const vit::Timings> passes, vit::Convention convention);

}  // namespace headlight
