// What another head count than the trained one did to the operations and to the time, row by row and in a sentence.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/cost/cost.h"
#include "engine/cost/measurements.h"

namespace headlight {

/// A table and the passes measured with its settings, none yet perhaps.
struct MeasuredTable {
  const vit::CostTable& table;
  std::span<const vit::Timings> passes{};
};

/// One row, now ÷ with the trained head count.
struct RowChange {
  vit::Op op = vit::Op::qkv;
  double operations = 1;         // multiply-adds twice, and element operations; 1 for a row without any
  std::optional<double> time{};  // with what is fused into the row; none until both are measured
  double ms = 0, trained_ms = 0;
  double gflops = 0, trained_gflops = 0;
  double spread = 0;  // of the time that spreads more
};

struct HeadChange {
  int block = -1;  // what it is about; -1: the whole network
  std::vector<RowChange> rows{};
  double operations = 1;  // of the block or network
  std::optional<double> time{};
  bool noisy = false;  // one of the two times spreads so much that ratios are rough
  std::string sentence{};

  const RowChange* find(vit::Op op) const;
};

/// Of one block, or of the whole network (block -1, or a block that runs as trained while others do not). None where
/// every block has the head count that it has in `trained`, whose other settings are those of `now`.
std::optional<HeadChange> head_change(const MeasuredTable& now, const MeasuredTable& trained, int block);

/// "×32", "×1.4", "×0.31", "×1"
std::string ratio_text(double ratio);

}  // namespace headlight
