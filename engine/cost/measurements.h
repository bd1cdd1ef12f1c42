// How long the rows of the operator table took, over the recent passes of one setting.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/cost/cost.h"
#include "engine/network/meter.h"

namespace vit {

/// Over recent passes; `calls` 0: never measured.
struct RowTime {
  double median_ms = 0, min_ms = 0;
  int calls = 0;
  double max_ms = 0;
  double spread = 0;  // what lies between the quartiles ÷ the median: one pass that was held up does not count
};
RowTime summarise(std::vector<double> ms);

/// The value below which `share` of them lie, between two neighbours in proportion. `sorted` is not empty.
double quantile(const std::vector<double>& sorted, double share);

/// Times that spread more than this say little: other programs take the processor, or it changes its clock.
inline constexpr double kNoisySpread = 0.2;

/// The passes must all be of the setting that the table is of. A pass that restarted at a later block counts for the
/// blocks that it ran. A row's time holds the times of the rows fused into it; a fused row has none of its own.
class Measurements {
 public:
  Measurements(const CostTable& table, std::span<const Timings> passes);

  /// Block -1: of a row outside the blocks, or of all blocks together.
  RowTime row(Op op, int block) const;
  /// Its median is the sum of its rows' medians, so that a table adds up; its minimum is of whole sums.
  RowTime section(Section section, int block) const;
  /// Whole passes: those that began at block 0.
  RowTime wall() const;
  /// What the median wall time holds beyond the median rows: threads that waited, and the rest.
  double waiting_ms() const;
  /// The time in a block that threads waited for each other: median.
  double waiting_ms(int block) const;

 private:
  bool covers(const Timings& pass, Op op, int block) const;
  double row_ms(const Timings& pass, Op op, int block) const;

  const CostTable& table_;
  std::span<const Timings> passes_;
};

/// The name of the row that holds this one's time, "in fc1"; empty for a row with a time of its own.
std::string fused_text(const Operator& row);

/// 10⁹ operations (two a multiply-add, and the element operations) a second; 0 without a time.
double gflops(double operations, double ms);

}  // namespace vit
