// Decomposed relative positions: what a query's own numbers give a key for how far it lies along each axis (MViTv2, Li
// et al. 2022; ViTDet; SAM).
#pragma once

#include "engine/base/matrix.h"
#include "engine/network/model.h"
#include "engine/network/score_term.h"

namespace vit {

/// (2·size − 1, d): a stored table of one axis for `size` patches, resampled linearly where it is of another number of
/// them. Row query − key + size − 1 is of a query that lies so far behind its key.
Matrix axis_table(MatrixView stored, int size);

/// scores[key] += q·(row table of their distance) + q·(column table of their distance), q not scaled.
class AxisPositions final : public ScoreTerm {
 public:
  /// The network must have them, and no other tokens than patches.
  AxisPositions(const Model& model, const TokenGrid& grid, int block);

  void add(int head, int query, const float* q, float scale, float* scores) const override;

 private:
  /// What a query at `place` of an axis of `size` gives each place of it.
  void along(const Matrix& table, int size, int place, const float* q, float* to) const;

  const KernelTable* kernels_;
  int rows_ = 0, cols_ = 0;    // of patches that a query looks at
  Matrix by_row_, by_column_;  // (d, 2·size − 1): column key − query + size − 1
};

}  // namespace vit
