// Windows of attention: a block whose patches look only inside squares of the grid (ViTDet, Li et al. 2022; SAM).
#pragma once

#include "engine/base/matrix.h"
#include "engine/network/model.h"
#include "engine/network/trace.h"

namespace vit {

/// The patches of one window: from (top, left) on, and how many there are. Windows at the right and at the lower edge
/// are filled up with padding, which is no token; its keys and values are what qkv makes of zeros, its biases.
struct Window {
  int top = 0, left = 0, rows = 0, cols = 0;
  bool holds(int row, int col) const { return row >= top && row < top + rows && col >= left && col < left + cols; }
};

/// Cuts a grid of patches into squares from its upper left corner. A place of a window is row · side + column, padding
/// included.
class Windows {
 public:
  Windows(const TokenGrid& grid, int side);

  int side() const { return side_; }
  int places() const { return side_ * side_; }
  int count() const { return down_ * across_; }
  bool padded() const { return grid_.rows % side_ != 0 || grid_.cols % side_ != 0; }
  Window at(int index) const;
  int of_token(int token) const;                    // the window that a patch is in
  int place_of(int token) const;                    // where in it
  int token_at(int index, int row, int col) const;  // -1: padding

  /// (places, columns) the window's part of the tokens' rows, and `padding` (columns) where there is no token; null:
  /// zeros.
  void gather(int index, MatrixView tokens, const float* padding, MatrixSpan places) const;

 private:
  TokenGrid grid_;
  int side_, down_, across_;
};

/// What a query of a block looks at, as a grid: a window, or all tokens.
TokenGrid grid_seen(const ModelConfig& config, const TokenGrid& grid, int block);

/// Whether some block's windows hang over the edge of the grid.
bool has_padding(const ModelConfig& config, const TokenGrid& grid);

/// (2C) the key and the value of padding in a block's windows, or null: zeros.
const float* padding_of(const Model& model, int block, bool qkv_bias);

}  // namespace vit
