// The operators of the network, in the order of the forward pass: the rows of the cost table and the keys of its
// timings.
#pragma once

#include <cstdint>

namespace vit {

/// Rows that a network does not have (no layer scale, no norm_pre) are left out of its table.
enum class Op : std::uint8_t {
  patch_norm,     // (N-1, 3·P·P)  vit-pytorch only
  patch_embed,    // (N-1, C)  convolution of P×P patches
  embed_norm,     // (N-1, C)  AIMv2 only
  position,       // (N, C)    + position embedding, prefix tokens put in front
  mid_position,   // (N, C)    + other positions between blocks, YOLOS only
  norm_pre,       // (N, C)    CLIP only
  norm1,          // (N, C)
  qkv,            // (N, 3C)
  split,          // 3 × (h, N, C/h)  reshape and permute
  qk_norm,        // 2 × (h, N, C/h)  norm of a head's queries and keys, where a family has it
  rope,           // 2 × (h, N, C/h)  rotary position embedding, where a family has it
  scores,         // (h, N, N)  q·kᵀ
  scale,          // (h, N, N)  · head_dim^-0.5
  relative_bias,  // (h, N, N)  + relative position bias, BEiT and its like
  mix_scores,     // (h, N, N)  talking heads, CaiT only
  softmax,        // (h, N, N)
  mix_attention,  // (h, N, N)  talking heads, CaiT only
  attn_drop,      // (h, N, N)
  attn_v,         // (h, N, C/h)
  merge,          // (N, C)  transpose and reshape
  attn_norm,      // (N, C)  EVA-02 CLIP only
  proj,           // (N, C)
  proj_drop,      // (N, C)
  layer_scale1,   // (N, C)
  residual1,      // (N, C)
  norm2,          // (N, C)
  fc1,            // (N, M)
  gelu,           // (N, M)  or the family's activation
  mlp_norm,       // (N, M)  EVA-02 only
  fc2,            // (N, C)
  layer_scale2,   // (N, C)
  residual2,      // (N, C)
  norm,           // (N, C)
  pool,           // (C)  attention of one learned query, or of the class token behind the blocks
  head,           // (K)
};
inline constexpr int kOpCount = static_cast<int>(Op::head) + 1;

inline constexpr bool is_block_op(Op op) {
  return op >= Op::norm1 && op <= Op::residual2;
}

const char* name_of(Op op);  // "q·kᵀ"
const char* id_of(Op op);    // "scores": for files, ids and tests

}  // namespace vit
