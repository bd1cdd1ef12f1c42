// The two ways to run a block's attention: operator by operator, or by blocks of rows.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/matrix.h"
#include "engine/base/pool.h"
#include "engine/kernels/bf16_kernels.h"
#include "engine/kernels/kernels.h"
#include "engine/network/meter.h"
#include "engine/network/model.h"
#include "engine/network/pass_buffers.h"
#include "engine/network/score_term.h"
#include "engine/network/settings.h"

namespace vit {

/// One block's attention, the same for all threads: out = factor·softmax(q·kᵀ·scale)·v for every head. The factor is
/// 1 as trained; a head with another one, and with 0, takes the same steps: its maps are looked at, and what it costs
/// is what it would cost.
struct Attention {
  const KernelTable* table = nullptr;
  const Bf16Kernels* score_pairs = nullptr;  // where q·kᵀ is a product of bf16 numbers, as bf16_scores.h has it
  const Bf16Kernels* value_pairs = nullptr;  // likewise for the probabilities times v
  int tokens = 0;                            // N
  int queries = 0;                           // the first so many tokens look; all of them can be looked at
  int heads = 0;                             // h
  int head_dim = 0;
  bool whole_rows = true;                   // a query meets all its keys at once
  const BlockSettings* settings = nullptr;  // the heads' factors
  MatrixView q, k, v;                       // (N, C) head-major columns
  MatrixSpan out;                           // (N, C) likewise
  const ScoreTerm* term = nullptr;          // added to the scaled scores, or none
  TokenGrid grid = {};
  int window = 0;                          // side of the squares of patches that it works in, 0: all tokens see all
  const float* padding = nullptr;          // (2C) key and value of what fills windows up at the edges, or zeros
  const HeadMix* mix_scores = nullptr;     // of talking heads: before the softmax, and …
  const HeadMix* mix_attention = nullptr;  // … behind it; both or none
  float* maps = nullptr;  // (h, N, map_stride), as BlockTrace has them, where the probabilities are kept, or none
  std::ptrdiff_t map_stride = 0;  // of maps and of any other scores
  float drop = 0.f;               // probability of attn_drop, 0 outside training
  std::uint64_t seed = 0;
  int block = 0;

  float scale() const;  // head_dim^-0.5, on the scores
  float factor(int head) const { return settings == nullptr ? 1.f : settings->factor(head); }
  int channels() const { return heads * head_dim; }
  int score_depth() const { return score_pairs != nullptr ? pairs_of(head_dim) : head_dim; }  // steps of q·kᵀ
  int keys() const { return window > 0 ? window * window : tokens; }                          // that a query looks at
};

/// Multiplies a head's numbers by its factor; 0 gives zeros, whatever they are.
void apply_factor(float factor, MatrixSpan out);

/// What the attention needs beside its inputs and outputs.
struct AttentionRoom {
  std::size_t packed_keys = 0;  // floats
  std::size_t tile = 0;         // floats a thread
  std::size_t split = 0;        // floats
  std::size_t scores = 0;       // floats
  std::size_t pairs = 0;        // a thread
  std::size_t query_pairs = 0;
  std::size_t value_pairs = 0;
};
AttentionRoom room_for(Kernel kernel, const Attention& attention);
/// Enough for either.
AttentionRoom larger(const AttentionRoom& a, const AttentionRoom& b);

/// Both are called by every thread of a team, after it has written its rows of q, k and v, and write its rows of `out`.
/// They time their operators, and throw Cancelled between tiles once a stop is requested. Talking heads need the scores
/// of all heads at once: eager attention then materialises those of all queries, tiled attention those of a few.
void attend_tiled(const Attention& attention, PassBuffers& buffers, Member& member, const Meter& meter,
                  Meter::Lane& lane);
void attend_eager(const Attention& attention, PassBuffers& buffers, Member& member, const Meter& meter,
                  Meter::Lane& lane);

}  // namespace vit
