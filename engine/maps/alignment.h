// Two passes beside each other: which block, head and token of side B stands for one of side A's, and side B's maps on
// side A's patches.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/maps/map_set.h"

namespace vit {

class Alignment {
 public:
  /// Both passes must be there. Patches lie where the photo has them if it is one photo; else each side's input goes
  /// from 0 to 1 in both directions, whatever it shows.
  explicit Alignment(const Subject& subject);

  /// The block of the same index; of a network with fewer, its last one.
  int block(int block) const;
  /// A prefix token of the same kind, or the patch at the same place; none where side B has none.
  std::optional<int> token(int token) const;

  /// Both grids lie upon each other, patch by patch.
  bool same_grid() const { return same_grid_; }
  /// (rows · cols of A): the mean of side B's map over the area of each patch, weighted by what it covers; 0 where less
  /// than half of the patch lies within what side B reads.
  std::vector<float> on_grid_of_a(std::span<const float> map) const;
  /// (rows · cols of A): whether it does.
  const std::vector<bool>& seen() const { return seen_; }
  int unseen() const;

 private:
  struct Overlap {                              // of one row or column of A with those of B
    std::vector<std::pair<int, double>> parts;  // index of B's, and the share of A's that it covers
    double covered = 0;
  };
  static std::vector<Overlap> overlaps(double from, double extent, int count, double other_from, double other_extent,
                                       int other_count);

  Subject subject_;
  Box box_, other_box_;
  bool same_grid_ = false;
  std::vector<Overlap> rows_, cols_;
  std::vector<bool> seen_;
};

}  // namespace vit
