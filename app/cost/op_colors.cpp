#include "app/cost/op_colors.h"

namespace headlight {

unsigned op_color(vit::Op op, bool dark) {
  using vit::Op;
  switch (op) {
    case Op::qkv:
    case Op::proj:
    case Op::patch_embed:
    case Op::head:
      return dark ? 0x5ea6e8 : 0x2f7ac2;  // products with weights, attention side
    case Op::scores:
    case Op::attn_v:
      return dark ? 0x77c7a2 : 0x2b8a63;  // products of activations
    case Op::scale:
    case Op::relative_bias:
    case Op::mix_scores:
    case Op::mix_attention:
    case Op::softmax:
    case Op::attn_drop:
      return dark ? 0xffb454 : 0xc87800;  // N²·h: what the head count moves
    case Op::fc1:
    case Op::fc2:
      return dark ? 0x9b86e0 : 0x6a52bd;  // the MLP
    case Op::gelu:
      return dark ? 0xd58ab5 : 0xa84c84;
    default:
      return dark ? 0x7a8191 : 0x8b909b;  // norms, residuals, copies
  }
}

PlotMark op_mark(vit::Op op) {
  using vit::Op;
  switch (op) {
    case Op::proj:
    case Op::attn_v:
    case Op::scale:
    case Op::merge:
    case Op::fc2:
    case Op::residual1:
      return PlotMark::square;
    case Op::head:
    case Op::patch_embed:
    case Op::attn_drop:
    case Op::proj_drop:
    case Op::residual2:
      return PlotMark::diamond;
    default:
      return PlotMark::circle;
  }
}

}  // namespace headlight
