#include "engine/network/backward_pass.h"

#include <algorithm>

#include "engine/network/position.h"
#include "engine/network/transposed.h"

namespace vit {

BackwardPass::BackwardPass(const Trace& trace_, const BackwardHooks& hooks_, Meter& meter_, int threads)
    : trace(trace_),
      model(*trace_.model),
      hooks(hooks_),
      meter(meter_),
      table(model.patch_embed.table()),
      slopes(backward_kernels(table)),
      tokens(trace_.grid.tokens()),
      turns_back(rotations_for(model, trace_.grid)) {
  const ModelConfig& config = model.config;
  const int c = config.channels;
  for (Matrix& turn : turns_back) {
    for (int token = 0; token < turn.rows(); ++token)
      for (int i = turn.cols() / 2; i < turn.cols(); ++i) turn(token, i) = -turn(token, i);
  }
  for (Matrix* m : {&dx, &branch, &normed, &dnormed, &v, &heads, &dheads, &middle, &dq, &dk, &dv})
    *m = Matrix(tokens, c);
  hidden = Matrix(tokens, config.hidden * (config.swiglu ? 2 : 1));
  dhidden = Matrix(tokens, config.hidden);
  if (config.mlp_norm) activated = Matrix(tokens, config.hidden);
  q_turned = Matrix(c, tokens);
  dheads_turned = Matrix(c, tokens);
  bool again = trace.settings.active_attn_drop() > 0.f;
  int widest = 0;
  std::size_t packed = 0;
  for (int b = hooks.down_to; b < config.depth; ++b) {
    again = again || kept(b).map_heads == 0;
    widest = std::max(widest, head_dim(b));
    packed = std::max(packed, heads_of(b) * packed_head(b));
  }
  if (again) p = Matrix(tokens, tokens);
  dp = Matrix(tokens, tokens);
  dkv_turned = Matrix(2 * widest, tokens);
  packed_v.reserve(packed);
  if (again) packed_k.reserve(packed);
  std::size_t room = 0;
  for (const BlockWeights& w : model.blocks)
    for (const Linear* layer : {&w.qkv, &w.proj, &w.fc1, &w.fc2}) room = std::max(room, transposed_room(*layer));
  rooms.resize(static_cast<std::size_t>(threads));
  for (Buffer& one : rooms) one.reserve(room);
}

}  // namespace vit
