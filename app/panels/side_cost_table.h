// Under Compare, in the right column: what side A and side B cost, and the ratio.
#pragma once

#include <imgui.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "app/cost/side_costs.h"
#include "engine/network/trace.h"

namespace headlight {

struct Bench;

/// Keeps what it computed until something that it depends on changes. Main thread only.
class SideCostTable {
 public:
  /// Both sides of a comparison are in the centre.
  static bool wanted(const Bench& bench);
  /// `block`: of side A, or -1 for the whole network. As many rows as fit; the sums always.
  void draw(Bench& bench, int block, vit::Convention convention, float height);

 private:
  void update(const Bench& bench, int block, vit::Convention convention);

  std::shared_ptr<const vit::Trace> a_, b_;
  std::uint64_t times_version_ = 0;
  int block_ = 0;
  vit::Convention convention_ = vit::Convention::mac;
  std::vector<SideCost> rows_;
};

}  // namespace headlight
