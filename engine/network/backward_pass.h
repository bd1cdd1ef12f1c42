// One backward pass while it runs: what its threads share.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "engine/base/pool.h"
#include "engine/kernels/backward_kernels.h"
#include "engine/network/backward.h"
#include "engine/network/pass_buffers.h"
#include "engine/network/relative_bias.h"

namespace vit {

/// Shared by the threads of a pass. The matrices are its working memory: a block's activations, computed again, and the
/// gradients on their way down.
struct BackwardPass {
  BackwardPass(const Trace& trace, const BackwardHooks& hooks, Meter& meter, int threads);

  const Trace& trace;
  const Model& model;
  const BackwardHooks& hooks;
  Meter& meter;
  const KernelTable& table;
  const BackwardKernels& slopes;
  int tokens;
  std::vector<Matrix> turns_back;  // rotary positions the other way round, as rotations_for() gives them

  Matrix dx;                  // (N, C) of the tokens between blocks, and of the residual stream inside
  Matrix branch;              // (N, C) of what a branch adds to the stream, before layer scale
  Matrix normed;              // (N, C) what norm1, attn_norm and norm2 make
  Matrix dnormed;             // (N, C) gradient there
  Matrix v;                   // (N, C)
  Matrix heads, dheads;       // (N, C) the heads' outputs side by side, and their gradient
  Matrix middle;              // (N, C) after the attention's residual
  Matrix hidden;              // (N, M), or (N, 2M) with SwiGLU, before the activation
  Matrix dhidden;             // (N, M) behind it
  Matrix activated;           // (N, M) behind it, with mlp_norm only
  Matrix dq, dk, dv;          // (N, C)
  Matrix q_turned;            // (C, N)
  Matrix dheads_turned;       // (C, N)
  Matrix p, dp;               // (N, N) of one head
  Matrix dkv_turned;          // (2·C/h, N) of one head
  Buffer packed_k, packed_v;  // (h) packed panels of a head's keys and values
  std::unique_ptr<const RelativeBias>
      bias;                   // that the block adds to its scores, where they are computed again, or none
  std::vector<Buffer> rooms;  // (threads)

  const BlockTrace& kept(int block) const { return *trace.blocks[static_cast<std::size_t>(block)]; }
  const BlockWeights& weights(int block) const { return model.blocks[static_cast<std::size_t>(block)]; }
  int heads_of(int block) const { return trace.settings.heads(block); }
  int head_dim(int block) const { return model.config.channels / heads_of(block); }
  float scale(int block) const;  // of the scores
  std::size_t packed_head(int block) const { return table.packed_floats(tokens, head_dim(block)); }
};

/// Both are called by every thread of a team, when all rows of what they read are there; they write this thread's rows.
///
/// heads = attention·v of every head, from packed keys or the trace's maps. Reads v and packed_k.
void attend_again(BackwardPass& pass, int block, Share rows, Meter::Lane& lane);
/// From dheads to the hooks and, if the pass goes on, to dq, dk and dv, whose rows are all there when it returns. Reads
/// v, packed_v, q_turned and dheads_turned.
void attend_backward(BackwardPass& pass, int block, bool goes_on, Share rows, Member& member, Meter::Lane& lane);

/// Packs this thread's share of a block's keys and values; the first thread makes the block's bias.
void pack_for_attention(BackwardPass& pass, int block, const Member& member);

}  // namespace vit
