// What one forward pass produced: immutable, complete with the model, image and settings that it belongs to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/base/matrix.h"
#include "engine/image/preprocessing.h"
#include "engine/network/meter.h"
#include "engine/network/model.h"
#include "engine/network/not_finite.h"
#include "engine/network/precision_change.h"
#include "engine/network/settings.h"

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
/// The maps are an optimisation behind attention.h: look at them through it.
struct BlockTrace {
  Matrix input;                   // (N, C) what entered the block
  Matrix q;                       // (N, C) queries as used, head-major columns, not scaled
  Matrix k;                       // (N, C) keys as used
  AlignedFloats maps;             // (h, N, map_stride) probabilities before dropout, valid if map_heads > 0: of the
                                  // tokens, or of the places in the query's window
  std::ptrdiff_t map_stride = 0;  // floats from one row to the next
  int map_heads = 0;              // h if the maps are kept, else 0
  std::size_t map_capacity = 0;   // floats allocated for maps

  const float* map(int head) const { return maps.get() + head * input.rows() * map_stride; }  // (N, keys)
  std::size_t bytes() const;
};

/// A block to be filled, its contents undefined; `map_heads` > 0 makes room for as many maps of so many keys. Memory of
/// blocks that are no longer used is used again.
std::shared_ptr<BlockTrace> new_block_trace(int tokens, int channels, int map_heads, int keys);

/// Floats of a block's maps.
std::size_t map_floats(int heads, int tokens, int keys);

/// Keep::automatic keeps the maps of all blocks while they take no more than this.
inline constexpr std::size_t kMapBudgetBytes = std::size_t{256} << 20;

/// How much of the network a pass runs: all of it, or less where only some maps or the class are wanted. A shorter pass
/// computes the same numbers to the last bit, but for the reference kernel's rounding. It keeps queries and keys but
/// never the maps, and no other pass can restart from it.
struct Extent {
  int last_maps = -1;             // the block with whose queries and keys the pass ends, enough for its maps; -1: none
  bool class_token_only = false;  // behind the last block's keys and values, the prefix tokens alone go on
  bool whole() const { return last_maps < 0 && !class_token_only; }
};

struct Trace {
  std::shared_ptr<const Model> model;
  std::shared_ptr<const Pixels> pixels;
  Settings settings;
  Extent extent;
  TokenGrid grid;
  std::uint64_t run = 0;                                  // counts the passes of this process
  std::vector<std::shared_ptr<const BlockTrace>> blocks;  // (L), or as far as the extent goes; empty with Keep::none
  Matrix output;                                          // (N, C) after the last block; rows as the extent has them
  Matrix features;                                        // (N, C) after the last norm, likewise
  std::vector<float> pooled;                              // (C) what an attention pool makes, else empty
  /// Where the pool's one query looks, (heads, tokens that it sees): of an attention pool, or of each class block,
  /// whose first column is the class token itself. Else empty.
  std::vector<Matrix> pool_shares;
  std::vector<float> logits;  // (K), empty for a network without a head
  Timings timings;
  std::shared_ptr<PrecisionNote> fewer_bits = std::make_shared<PrecisionNote>();  // empty where products were exact
  std::optional<NotFinite> not_finite;  // where the first number that is not finite appears, if one does

  /// (N, C) after block `block`: the next block's input, or `output`.
  const Matrix& hidden(int block) const {
    return block + 1 < static_cast<int>(blocks.size()) ? blocks[static_cast<std::size_t>(block) + 1]->input : output;
  }
};

}  // namespace vit
