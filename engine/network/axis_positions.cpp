#include "engine/network/axis_positions.h"

#include <cassert>
#include <vector>

#include "engine/network/position.h"
#include "engine/network/windows.h"

namespace vit {
namespace {

/// (d, 2·size − 1), with keys in ascending order.
Matrix by_distance(MatrixView stored, int size) {
  const Matrix table = axis_table(stored, size);
  Matrix turned(table.cols(), table.rows());
  for (int way = 0; way < table.rows(); ++way)
    for (int c = 0; c < table.cols(); ++c) turned(c, table.rows() - 1 - way) = table(way, c);
  return turned;
}

}  // namespace

Matrix axis_table(MatrixView stored, int size) {
  const int ways = 2 * size - 1;
  if (stored.rows == ways) return Matrix(stored);
  return resample_grid(stored, stored.rows, 1, ways, 1, PositionRule{.antialias = false, .bicubic = false});
}

AxisPositions::AxisPositions(const Model& model, const TokenGrid& grid, int block)
    : kernels_(&model.patch_embed.table()) {
  assert(grid.prefix == 0);
  const TokenGrid seen = grid_seen(model.config, grid, block);
  const BlockWeights& weights = model.blocks[static_cast<std::size_t>(block)];
  rows_ = seen.rows;
  cols_ = seen.cols;
  by_row_ = by_distance(weights.row_positions.view(), rows_);
  by_column_ = by_distance(weights.column_positions.view(), cols_);
}

void AxisPositions::along(const Matrix& table, int size, int place, const float* q, float* to) const {
  const int panel = kernels_->panel;
  kernels_->gemm({.a = q,
                  .a_stride = table.rows(),
                  .b = table.row(0) + (size - 1 - place),
                  .panel_stride = panel,
                  .k_stride = table.stride(),
                  .depth = table.rows(),
                  .columns = size,
                  .row_begin = 0,
                  .row_end = 1,
                  .panel_begin = 0,
                  .panel_end = (size + panel - 1) / panel,
                  .c = to,
                  .c_stride = size});
}

void AxisPositions::add(int /*head*/, int query, const float* q, float scale, float* scores) const {
  thread_local std::vector<float> of_axes;
  of_axes.resize(static_cast<std::size_t>(rows_) + static_cast<std::size_t>(cols_));
  float *of_rows = of_axes.data(), *of_columns = of_rows + rows_;
  along(by_row_, rows_, query / cols_, q, of_rows);
  along(by_column_, cols_, query % cols_, q, of_columns);
  for (int row = 0; row < rows_; ++row, scores += cols_)
    for (int col = 0; col < cols_; ++col) scores[col] = scale * scores[col] + (of_rows[row] + of_columns[col]);
}

}  // namespace vit
