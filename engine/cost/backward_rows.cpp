// The rows of a backward pass to the attention of blocks: no gradients of weights, and what the trace does not
// keep computed again. They follow engine/network/backward.cpp as the rows of cost_rows.cpp follow the forward pass.
#include "engine/cost/cost.h"

namespace vit {
namespace {

constexpr double kLayerNormOps = 7;  // as in the forward pass; the way back through one is counted as two of them
constexpr double kSoftmaxOps = 5;    // p·dp, their sum, dp −, · p, · scale: as many as forward
constexpr double kSlopeOps = 8;      // of an activation: it, its inner derivative, and · dy

const Polynomial B = Symbol::B, N = Symbol::N, T = Symbol::T, C = Symbol::C, M = Symbol::M, h = Symbol::h;

/// A norm: how often it is computed again, and how often the gradient goes through it.
struct Times {
  double again = 0, back = 0;
};
Operator norm(Op op, const Polynomial& numbers, Times times, const Polynomial& width) {
  return {.op = op,
          .shape = op == Op::mlp_norm ? "(B, N, M)" : "(B, N, C)",
          .work = Work::layer_norm,
          .elements = numbers * (times.again + 2 * times.back),
          .per_element = kLayerNormOps,
          .floats = numbers * (2 * times.again + 4 * times.back) + width * 2};
}

/// `to_probabilities`: the gradient goes no further than to the attention probabilities.
void add_attention(const ModelConfig& config, const Settings& settings, bool to_probabilities,
                   std::vector<Operator>& rows) {
  const double further = to_probabilities ? 0 : 1;  // of what stands behind the probabilities
  const Polynomial tokens = B * N * C, scores = B * N * N * h, product = B * N * N * C;
  const Polynomial bias = config.qkv_bias && settings.qkv_bias ? 1 : 0;
  const Polynomial turned = config.position.turns_class ? N : N - T;
  const double again = settings.keep == Keep::qk ? 2 : 0;  // for the heads' outputs, and for their gradient
  rows.push_back({.op = Op::qkv,                           // v again, and the gradients of q, k and v
                  .shape = "(B, N, C)",
                  .work = Work::product,
                  .macs = B * N * C * C * (1 + 3 * further),
                  .elements = tokens * bias,
                  .per_element = 1,
                  .floats = tokens * (2 + 4 * further) + C * C * (1 + 3 * further) + C * bias});
  if (!to_probabilities) rows.push_back({.op = Op::split, .shape = "2 × (C, N)", .floats = 4 * tokens});
  if (!to_probabilities && config.position.rotary != PositionRule::Rotary::none)
    rows.push_back({.op = Op::rope,
                    .shape = "2 × (B, h, N, C/h)",
                    .work = Work::element,
                    .elements = 2 * B * turned * C,
                    .per_element = 3,
                    .floats = 4 * B * turned * C});
  rows.push_back({.op = Op::scores,  // the gradients of q and k
                  .shape = "2 × (B, h, N, C/h)",
                  .work = Work::attention_product,
                  .macs = product * (2 * further + again),
                  .floats = (scores + 2 * tokens) * (2 * further + again)});
  if (config.relative_bias != ModelConfig::RelativeBias::none)
    rows.push_back({.op = Op::relative_bias,
                    .shape = "(B, h, N, N)",
                    .work = Work::element,
                    .elements = scores * again,
                    .per_element = 1,
                    .floats = scores * (2 * again) + 4 * N * h * again});
  rows.push_back({.op = Op::softmax,
                  .shape = "(B, h, N, N)",
                  .work = Work::softmax,
                  .elements = scores * (further + again),
                  .per_element = kSoftmaxOps,
                  .floats = scores * (3 * further + 2 * again)});
  const Polynomial dropped = settings.active_attn_drop() > 0.f ? scores * (2 + further) : Polynomial();
  rows.push_back({.op = Op::attn_drop,
                  .shape = "(B, h, N, N)",
                  .work = Work::element,
                  .elements = dropped,
                  .per_element = 1,
                  .floats = dropped * 2});
  rows.push_back({.op = Op::attn_v,  // the heads' outputs again, and the gradients of attention and v
                  .shape = "(B, h, N, N)",
                  .work = Work::attention_product,
                  .macs = product * (2 + further),
                  .floats = scores * (2 + further) + tokens * (4 + 2 * further)});
  if (config.attn_norm) rows.push_back(norm(Op::attn_norm, tokens, {.again = 1, .back = 1}, C));
  // Where the MLP stands beside the attention, nothing reads what this gave.
  const double again_and_back = config.order == ModelConfig::Order::parallel ? 1 : 2;
  rows.push_back({.op = Op::proj,
                  .shape = "(B, N, C)",
                  .work = Work::product,
                  .macs = again_and_back * B * N * C * C,
                  .elements = tokens * (again_and_back - 1),
                  .per_element = config.layer_scale ? 3.0 : 2.0,
                  .floats = 5 * tokens + 2 * C * C + C});
  const Polynomial proj_dropped = settings.active_proj_drop() > 0.f ? 2 * tokens : Polynomial();
  rows.push_back({.op = Op::proj_drop,
                  .shape = "(B, N, C)",
                  .work = Work::element,
                  .elements = proj_dropped,
                  .per_element = 1,
                  .floats = proj_dropped * 2});
}

void add_mlp(const ModelConfig& config, std::vector<Operator>& rows) {
  const Polynomial tokens = B * N * C, hidden = B * N * M;
  const double branches = config.swiglu ? 2 : 1;
  rows.push_back({.op = Op::fc1,  // again, and back
                  .shape = "(B, N, C)",
                  .work = Work::product,
                  .macs = B * N * C * M * (2 * branches),
                  .elements = hidden * branches,
                  .per_element = 1,
                  .floats = 2 * tokens + hidden * (2 * branches) + (2 * C * M + M) * branches});
  rows.push_back({.op = Op::gelu,
                  .shape = config.swiglu ? "(B, N, 2M)" : "(B, N, M)",
                  .work = Work::element,
                  .elements = hidden,
                  .per_element = kSlopeOps * (config.mlp_norm ? 2 : 1) + (config.swiglu ? 6 : 0),
                  .floats = hidden * (config.swiglu ? 5 : 3)});
  if (config.mlp_norm) rows.push_back(norm(Op::mlp_norm, hidden, {.back = 1}, M));
  rows.push_back({.op = Op::fc2,
                  .shape = "(B, N, M)",
                  .work = Work::product,
                  .macs = B * N * C * M,
                  .floats = tokens + hidden + C * M});
}

/// The way back through a layer scale.
Operator scaled(Op op) {
  return {.op = op,
          .shape = "(B, N, C)",
          .work = Work::element,
          .elements = B * N * C,
          .per_element = 1,
          .floats = 2 * B * N * C + C};
}

}  // namespace

std::vector<Operator> backward_table(const ModelConfig& config, const Settings& settings, bool to_tokens,
                                     OnTheWay block) {
  std::vector<Operator> rows;
  rows.reserve(kOpCount);
  const Polynomial tokens = B * N * C;
  const bool ends = block == OnTheWay::end;
  // For v, and for who looks at the tokens.
  rows.push_back(norm(Op::norm1, tokens, {.again = to_tokens ? 2.0 : 1.0, .back = ends ? 0.0 : 1.0}, C));
  add_attention(config, settings, ends && !to_tokens, rows);
  if (config.layer_scale) rows.push_back(scaled(Op::layer_scale1));
  if (config.order != ModelConfig::Order::parallel) rows.push_back(norm(Op::norm2, tokens, {.again = 1, .back = 1}, C));
  add_mlp(config, rows);
  if (config.layer_scale) rows.push_back(scaled(Op::layer_scale2));
  if (config.final_norm && !config.pool_before_norm) rows.push_back(norm(Op::norm, tokens, {.back = 1}, C));
  return rows;
}

}  // namespace vit
