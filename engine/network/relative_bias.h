// What attention adds to its scaled scores for where a key lies as seen from its query: the relative position bias of
// BEiT (Bao et al. 2021), BEiT v2 and data2vec, and timm's networks with relative positions.
#pragma once

#include "engine/base/matrix.h"
#include "engine/network/model.h"
#include "engine/network/score_term.h"
#include "engine/network/trace.h"

namespace vit {

/// (ways, trained heads) of a block for one grid of R × C patches, (2R−1)(2C−1) + 3 ways: row (r + R − 1)·(2C − 1) +
/// c + C − 1 is of a query that lies r rows below and c columns right of its key; the last three are of the class token
/// looking at a patch, of a patch looking at the class token, and of the class token looking at itself, where there is
/// one. A stored table
/// of another grid is resampled bilinearly, as Hugging Face does it. The network must have a relative bias.
Matrix relative_ways(const Model& model, const TokenGrid& grid, int block);

/// A block's bias for every head, query and key, kept as the numbers of each way: N²·h of them are read from 4·N·h.
class RelativeBias final : public ScoreTerm {
 public:
  /// With another head count than the trained one a head takes the mean over its channels of what their trained heads
  /// have.
  RelativeBias(const Model& model, const TokenGrid& grid, int block, int heads);

  int heads() const { return ways_.rows(); }
  /// Whatever the query holds: `q` may be null.
  void add(int head, int query, const float* q, float scale, float* scores) const override;

 private:
  int rows_ = 0, cols_ = 0;  // of patches
  int prefix_ = 0;           // 1: there is a class token
  Matrix ways_;              // (h, ways): those between patches last first, so that the keys of a row lie in order
};

}  // namespace vit
