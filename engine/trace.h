// What one forward pass produced: immutable, complete with the model, image and settings that it belongs to.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/matrix.h"
#include "engine/meter.h"
#include "engine/model.h"
#include "engine/preprocessing.h"
#include "engine/settings.h"

namespace vit {

/// The tokens of a pass: `prefix` tokens (class, distillation, registers), then the patches row by row.
struct TokenGrid {
  int prefix = 1;
  int rows = 0;  // of patches
  int cols = 0;
  int tokens() const { return prefix + rows * cols; }
  int token_of(int row, int col) const { return prefix + row * cols + col; }
  bool operator==(const TokenGrid&) const = default;
};

/// What a block keeps: 3·N·C floats, from which every attention probability follows, and on which a restart builds.
struct BlockTrace {
  Matrix input;        // (N, C) what entered the block
  Matrix q;            // (N, C) queries as used, head-major columns, not scaled
  Matrix k;            // (N, C) keys as used
  AlignedFloats maps;  // (h, N, map_stride) probabilities before dropout, or none: an optimisation behind attention.h
  std::ptrdiff_t map_stride = 0;
};

struct Trace {
  std::shared_ptr<const Model> model;
  std::shared_ptr<const Pixels> pixels;
  Settings settings;
  TokenGrid grid;
  std::uint64_t run = 0;                                  // counts the passes of this process
  std::vector<std::shared_ptr<const BlockTrace>> blocks;  // (L), empty with Keep::none
  Matrix output;                                          // (N, C) after the last block
  Matrix features;                                        // (N, C) after the last norm
  std::vector<float> logits;                              // (K), empty for a network without a head
  Timings timings;

  /// (N, C) after block `block`: the next block's input, or `output`.
  const Matrix& hidden(int block) const {
    return block + 1 < static_cast<int>(blocks.size()) ? blocks[static_cast<std::size_t>(block) + 1]->input : output;
  }
};

}  // namespace vit
