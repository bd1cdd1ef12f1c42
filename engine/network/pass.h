// One forward pass while it runs: the trace that it fills, and where each block reads and writes.
#pragma once

#include <memory>
#include <vector>

#include "engine/base/pool.h"
#include "engine/network/attention_paths.h"
#include "engine/network/forward.h"
#include "engine/network/meter.h"
#include "engine/network/pass_buffers.h"
#include "engine/network/trace.h"

namespace vit {

/// Shared by the threads of a pass; none of them changes it.
struct Pass {
  /// Makes room for everything that the pass writes.
  Pass(Trace& trace, PassBuffers& buffers, Meter& meter, int first_block, int threads);

  Trace& trace;
  PassBuffers& buffers;
  Meter& meter;
  int first_block;
  int end_block;  // behind the last one that runs
  const KernelTable& table;

  MatrixSpan input(int block) const;   // (N, C) what enters a block
  MatrixSpan output(int block) const;  // (N, C) what leaves it: the next one's input, or the trace's output
  MatrixSpan q(int block) const;       // (N, C)
  MatrixSpan k(int block) const;       // (N, C)
  MatrixSpan v(int block) const;       // (N, C)
  Attention attention(int block) const;
  int tokens_after_keys(int block) const;  // that go on once all keys and values are there: the first ones, or none

  /// Tells the meter's listeners how far the pass is, before its first thread begins a block.
  void report(int block) const;

 private:
  BlockTrace& kept(int block) const;
  std::size_t row_pairs(int threads) const;  // floats for a thread's rows of the widest matrix, as bf16 pairs
};

/// A trace with room for what the settings keep, and with the blocks before `first_block` of the previous one.
std::shared_ptr<Trace> begin_trace(const PassInput& input, const TokenGrid& grid, int first_block,
                                   const Trace* previous);

/// A number for a trace: how many there have been in this process.
std::uint64_t next_run();

/// Whether the maps of all blocks fit the budget of Keep::automatic.
bool maps_fit(const ModelConfig& config, const Settings& settings, int tokens);

/// Whether a tiled pass has all scores of a query at once. Otherwise it goes as flash_attention.h says. What decides is
/// whether Keep::automatic would keep the maps, so that shorter passes and those that keep less give the same bits.
bool whole_rows(const ModelConfig& config, const Settings& settings, int tokens);

/// Whether every map of a pass is kept.
bool keeps_maps(const ModelConfig& config, const Settings& settings, const Extent& extent, int tokens);

/// Blocks that a pass enters.
int blocks_run(const ModelConfig& config, const Extent& extent);

/// Rows of a trace's output and features.
int output_rows(const Extent& extent, const TokenGrid& grid);

/// Throws Error for an extent that the network cannot have.
void validate(const Extent& extent, const ModelConfig& config);

/// Rows [patches.begin, patches.end) of y: (patches, input channels·P·P), the pixels of each patch by channel, then row
/// by row. Patches begin `pad` px left of the picture and above it, where there are zeros.
void gather_patches(const Pixels& pixels, int patch_px, int pad, Share patches, MatrixSpan y);

/// Tokens [first, last) whose mean a head reads from column `column` on.
struct PoolPart {
  int first = 0, last = 0, column = 0;
};

/// What head `head` (0, or 1: the distilled one) pools: one part, or two for Pool::class_and_mean. Not for
/// Pool::attention.
std::vector<PoolPart> pool_parts(const Model& model, const TokenGrid& grid, int head);

/// (1, C), or (1, 2C) for Pool::class_and_mean: those means, not yet normalised.
Matrix pooled_means(const Trace& trace, int head);

/// The same through fc_norm: what head `head` reads. `attended` is what the attention pool has made, for
/// Pool::attention.
Matrix pool_tokens(const Trace& trace, int head, const Matrix* attended = nullptr);

}  // namespace vit
