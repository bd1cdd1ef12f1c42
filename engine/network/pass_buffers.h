// The buffers of a pass that no trace keeps, used again by the next pass.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "engine/base/matrix.h"
#include "engine/network/score_term.h"
#include "engine/network/trace.h"

namespace vit {

/// Floats that grow when more are needed, and shrink when far fewer are.
class Buffer {
 public:
  float* data() const { return floats_.get(); }
  /// Room for `count` floats, and the slack that kernels may read. The contents are undefined afterwards.
  void reserve(std::size_t count) {
    if (count <= capacity_ && count >= capacity_ / 8) return;
    floats_.reset();  // the old memory first
    capacity_ = 0;
    floats_ = allocate_floats(count + kMatrixSlack);
    capacity_ = count;
  }

 private:
  AlignedFloats floats_;
  std::size_t capacity_ = 0;
};

/// Sizes are those of the latest pass; contents are undefined between passes, except for the position embedding.
struct PassBuffers {
  Matrix patches;           // (patches, 3·P·P)
  Matrix normed;            // (N, C) what norm1 and norm2 make
  std::array<Matrix, 2> v;  // (N, C) of this block and of the one before, which a slower thread may still read
  Matrix heads;             // (N, C) outputs of the heads side by side
  Matrix middle;            // (N, C) after the attention's residual
  Matrix hidden;            // (N, M), or (N, 2M) with swiglu
  std::shared_ptr<BlockTrace> unkept[2];  // inputs, queries and keys where no trace keeps them

  Buffer packed_keys;         // (h) packed panels of a head's keys
  std::vector<Buffer> tiles;  // (threads) rows of one head's scores, where nobody keeps them
  // With Precision::bf16: rows of a product or of a head's probabilities …
  std::vector<Buffer> pairs;  // (threads)
  Buffer query_pairs;         // … (N, h, pairs of C/h) …
  Buffer value_pairs;         // … and (h, pairs of N, C/h): a column's values of two tokens
  // Eager attention materialises everything; all heads of a kind lie behind each other.
  Buffer split;   // 4 × (h, N, C/h): q, k, v and the heads' outputs
  Buffer scores;  // (h, N, stride), twice where dropout needs a copy

  // The position embedding for the grid of the latest pass.
  Matrix position;                    // (N, C)
  std::vector<Matrix> mid_positions;  // (L - 1) of (N, C), YOLOS only
  std::vector<Matrix> rotations;      // as rotations_for() gives them
  const Matrix& rotation_of(int block) const {
    return rotations.size() == 1 ? rotations.front() : rotations[static_cast<std::size_t>(block)];
  }
  std::weak_ptr<const Model> position_model;
  TokenGrid position_grid;
  // Of each block at the latest pass's head counts, null where nothing is added to its scores.
  std::vector<std::shared_ptr<const ScoreTerm>> terms;
  std::vector<int> term_heads;
};

/// Gives a matrix this size; allocates only if it has another.
inline void reshape(Matrix& matrix, int rows, int cols) {
  if (matrix.rows() == rows && matrix.cols() == cols) return;
  matrix = Matrix();  // the old memory first
  matrix = Matrix(rows, cols);
}

}  // namespace vit
