#include "engine/network/operators.h"

#include <array>
#include <cstddef>

namespace vit {
namespace {

struct Names {
  Op op;
  const char* name;
  const char* id;
};

constexpr std::array<Names, kOpCount> kNames = {{
    {Op::patch_norm, "pixels.norm", "patch_norm"},
    {Op::patch_embed, "patches", "patch_embed"},
    {Op::embed_norm, "patches.norm", "embed_norm"},
    {Op::position, "position", "position"},
    {Op::mid_position, "position again", "mid_position"},
    {Op::norm_pre, "norm_pre", "norm_pre"},
    {Op::norm1, "norm1", "norm1"},
    {Op::qkv, "qkv", "qkv"},
    {Op::split, "split", "split"},
    {Op::qk_norm, "q, k norm", "qk_norm"},
    {Op::rope, "rope", "rope"},
    {Op::scores, "q·kᵀ", "scores"},
    {Op::scale, "scale", "scale"},
    {Op::relative_bias, "+ bias", "relative_bias"},
    {Op::mix_scores, "mix heads", "mix_scores"},
    {Op::softmax, "softmax", "softmax"},
    {Op::mix_attention, "mix again", "mix_attention"},
    {Op::attn_drop, "attn_drop", "attn_drop"},
    {Op::attn_v, "attn·v", "attn_v"},
    {Op::merge, "merge", "merge"},
    {Op::attn_norm, "attn.norm", "attn_norm"},
    {Op::proj, "proj", "proj"},
    {Op::proj_drop, "proj_drop", "proj_drop"},
    {Op::layer_scale1, "layer scale 1", "layer_scale1"},
    {Op::residual1, "residual 1", "residual1"},
    {Op::norm2, "norm2", "norm2"},
    {Op::fc1, "fc1", "fc1"},
    {Op::gelu, "activation", "gelu"},
    {Op::mlp_norm, "mlp.norm", "mlp_norm"},
    {Op::fc2, "fc2", "fc2"},
    {Op::layer_scale2, "layer scale 2", "layer_scale2"},
    {Op::residual2, "residual 2", "residual2"},
    {Op::norm, "norm", "norm"},
    {Op::pool, "attention pool", "pool"},
    {Op::head, "head", "head"},
}};

constexpr bool in_order() {
  for (int i = 0; i < kOpCount; ++i) {
    if (static_cast<int>(kNames[static_cast<std::size_t>(i)].op) != i) return false;
  }
  return true;
}
static_assert(in_order(), "names stand in the order of the operators");

}  // namespace

const char* name_of(Op op) {
  return kNames[static_cast<std::size_t>(op)].name;
}

const char* id_of(Op op) {
  return kNames[static_cast<std::size_t>(op)].id;
}

}  // namespace vit
