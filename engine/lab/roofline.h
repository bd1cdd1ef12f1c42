// Every operator as a point: operations for each byte that it moves, and operations a second.
#pragma once

#include <string>
#include <vector>

#include "engine/cost/cost.h"
#include "engine/cost/measurements.h"
#include "engine/lab/ceilings.h"

namespace vit {

/// Of one row, in one block or in all of them together, with the rows that are fused into it.
struct RooflinePoint {
  Op op = Op::qkv;
  std::string name;
  double operations = 0;                                    // two a multiply-add, and every element operation
  double bytes = 0;                                         // read and written once, whatever caches do
  double ms = 0;                                            // median
  double intensity() const { return operations / bytes; }   // operations a byte
  double gflops() const { return operations / ms * 1e-6; }  // 10⁹ a second
  double gbytes() const { return bytes / ms * 1e-6; }       // 10⁹ a second
};

/// The rows with operations and a measured time, in the order of the pass. Block -1: the whole network.
std::vector<RooflinePoint> roofline_points(const CostTable& table, const Measurements& times, int block);

/// The names of rows that have operations and move no bytes: the fused kernel's softmax has no place in the plot.
std::vector<std::string> rows_without_bytes(const CostTable& table, int block);

/// "q·kᵀ: 3.1 operations a byte, 84 GFLOP/s: 33 % of what this machine can do at that intensity. …" A share above 1
/// says that its numbers come from a nearer cache than the second level.
std::string sentence_of(const RooflinePoint& point, const Ceilings& ceilings);

}  // namespace vit
