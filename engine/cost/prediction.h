// What a pass should take with other head counts if nothing but the number of operations mattered: the line that the
// measured dots are compared with.
#pragma once

#include <vector>

#include "engine/cost/measurements.h"

namespace vit {

/// ms(h) = Σ operations(h) ÷ the operator's own rate, measured under the settings of `measured` (the trained head
/// count): of one block, or of the whole pass (block -1). Rows without operations, and the time that belongs to no row,
/// stay as measured. 0 if nothing was measured. Looks at the measurements once, for any number of predictions.
class Predictor {
 public:
  Predictor(const CostTable& measured, const Measurements& times, int block = -1);
  double ms(const CostTable& wanted) const;

 private:
  struct Row {
    Op op;
    int block;
    double ms;          // measured
    double operations;  // while it was measured
  };
  double fixed_ms_ = 0;
  std::vector<Row> rows_;
};

/// One prediction.
double predict_ms(const CostTable& measured, const Measurements& times, const CostTable& wanted, int block = -1);

}  // namespace vit
