// The rows. Everything that the program says about the cost of an operator stands here, once.
#include <utility>

#include "engine/cost/cost.h"

namespace vit {
namespace {

/// What an operator reads and writes, in numbers. A fused one finds its input in the registers of the operator before
/// it and leaves its result there: only `beside` goes through memory.
struct Operands {
  Polynomial input = {};
  Polynomial beside = {};  // weights, positions, the residual stream
  Polynomial output = {};
};

bool adds_to_scores(const ModelConfig& config) {
  return config.relative_bias != ModelConfig::RelativeBias::none || config.axis_positions;
}

/// Which row does the work of this one with this kernel.
std::optional<Op> host_of(Op op, const ModelConfig& config, const Settings& settings) {
  const bool proj_drop = settings.active_proj_drop() > 0.f;
  if (settings.kernel == Kernel::reference) {
    if (op == Op::layer_scale1) return Op::residual1;
    if (op == Op::layer_scale2) return Op::residual2;
    return std::nullopt;
  }
  const bool tiled = settings.kernel == Kernel::tiled;
  const bool behind = config.order == ModelConfig::Order::post_norm;  // a norm comes before the residual
  switch (op) {
    case Op::position:
      return config.embed_norm ? std::nullopt : std::optional(Op::patch_embed);
    case Op::split:
      if (!config.windows.empty()) return std::nullopt;  // windows are put into one piece
      return tiled || config.talking_heads ? std::optional(Op::qkv) : std::nullopt;
    case Op::scale:
      if (config.talking_heads) return Op::mix_scores;
      if (!tiled && config.windows.empty()) return std::nullopt;
      return adds_to_scores(config) ? Op::relative_bias : Op::softmax;
    case Op::merge:
      if (!config.windows.empty()) return std::nullopt;
      return tiled || config.talking_heads ? std::optional(Op::attn_v) : std::nullopt;
    case Op::layer_scale1:  // dropout comes between the projection and these two
      return proj_drop ? Op::residual1 : Op::proj;
    case Op::residual1:
      return proj_drop || behind ? std::nullopt : std::optional(Op::proj);
    case Op::gelu:  // SwiGLU pairs columns that lie in different tiles
      return config.swiglu ? std::nullopt : std::optional(Op::fc1);
    case Op::layer_scale2:
      return Op::fc2;
    case Op::residual2:
      return behind ? std::nullopt : std::optional(Op::fc2);
    default:
      return std::nullopt;
  }
}

/// Arithmetic on each element, counted in the formula as it is usually written.
double activation_ops(Activation activation) {
  switch (activation) {
    case Activation::gelu:
      return 5;  // ½·x·(1 + erf(x·√½))
    case Activation::gelu_tanh:
      return 9;  // ½·x·(1 + tanh(c·(x + 0.044715·x³)))
    case Activation::quick_gelu:
      return 4;  // x / (1 + exp(−1.702·x))
    case Activation::relu:
      return 1;  // max(x, 0)
    case Activation::silu:
      return 4;  // x / (1 + exp(−x))
    case Activation::none:
      break;
  }
  return 0;
}

/// Collects rows; decides what a row moves from its operands, the kernel and the row that it is fused into.
class Rows {
 public:
  Rows(const ModelConfig& config, const Settings& settings) : config_(config), settings_(settings) {}

  void add(Operator row, const Operands& operands) {
    row.fused_into = host_of(row.op, config_, settings_);
    row.floats = operands.beside;
    if (!row.fused_into) row.floats += operands.input + operands.output;
    if (settings_.kernel == Kernel::tiled) row.floats = row.floats.without_maps();
    rows_.push_back(std::move(row));
  }
  std::vector<Operator> take() { return std::move(rows_); }
  /// So many weights in numbers of four bytes: bf16 ones take two.
  Polynomial weights(Op op, const Polynomial& count) const {
    return settings_.rounded().includes(op) ? Polynomial(0.5) * count : count;
  }
  /// What fc1 writes and fc2 reads, likewise.
  Polynomial hidden(const Polynomial& count) const {
    return pairs_hidden(config_, settings_) ? Polynomial(0.5) * count : count;
  }

 private:
  const ModelConfig& config_;
  const Settings& settings_;
  std::vector<Operator> rows_;
};

constexpr double kLayerNormOps = 7;  // sum, − mean, square, sum of squares, · 1/σ, · weight, + bias
constexpr double kRmsNormOps = 4;    // square, sum of squares, · 1/σ, · weight
constexpr double kTanhOps = 5;       // e^(2x), − 1, + 1, ÷, and the 2·x inside
constexpr double kSoftmaxOps = 5;    // maximum, −, exp, sum, · 1/sum

const Polynomial B = Symbol::B, N = Symbol::N, W = Symbol::W, A = Symbol::A, T = Symbol::T, P = Symbol::P,
                 C = Symbol::C, M = Symbol::M, h = Symbol::h, K = Symbol::K;

/// LayerNorm or RMSNorm, as the network has it, over rows of `width` numbers.
void add_norm(Op op, const char* shape, const Polynomial& vectors, const Polynomial& width, const ModelConfig& config,
              Rows& rows) {
  const Polynomial elements = vectors * width;
  rows.add({.op = op,
            .shape = shape,
            .work = config.rms_norm ? Work::rms_norm : Work::layer_norm,
            .elements = elements,
            .per_element = config.rms_norm ? kRmsNormOps : kLayerNormOps},
           {.input = elements, .beside = (config.rms_norm ? 1 : 2) * width, .output = elements});
}

void add_norm(Op op, const ModelConfig& config, Rows& rows) {
  add_norm(op, "(B, N, C)", B * N, C, config, rows);
}

Operator add_residual(Op op) {
  return {.op = op, .shape = "(B, N, C)", .work = Work::element, .elements = B * N * C, .per_element = 1};
}

void add_embedding(const ModelConfig& config, Rows& rows) {
  const Polynomial patches = B * (N - T);
  const Polynomial bias = config.patch_bias ? 1 : 0;
  const Polynomial patch = config.input_channels * P * P;  // numbers
  if (config.patch_norm) add_norm(Op::patch_norm, "(B, N−T, 3P²)", patches, patch, config, rows);
  rows.add(
      {.op = Op::patch_embed,
       .shape = "(B, N−T, C)",
       .work = Work::product,
       .macs = patches * patch * C,
       .elements = patches * C * bias,
       .per_element = 1},
      {.input = patches * patch, .beside = rows.weights(Op::patch_embed, patch * C) + C * bias, .output = patches * C});
  if (config.embed_norm) add_norm(Op::embed_norm, "(B, N−T, C)", patches, C, config, rows);
  const Polynomial positioned = !config.position.learned        ? Polynomial()
                                : config.position.covers_prefix ? N * C
                                                                : (N - T) * C;
  rows.add(
      {.op = Op::position, .shape = "(B, N, C)", .work = Work::element, .elements = B * positioned, .per_element = 1},
      {.input = patches * C, .beside = positioned + T * C + B * T * C, .output = patches * C});
  if (config.mid_positions) {
    const Polynomial again = (config.depth - 1) * (N * C);
    rows.add({.op = Op::mid_position,
              .shape = "(L−1) × (B, N, C)",
              .work = Work::element,
              .elements = B * again,
              .per_element = 1},
             {.input = B * again, .beside = again, .output = B * again});
  }
  if (config.norm_pre) add_norm(Op::norm_pre, config, rows);
}

void add_attention(const ModelConfig& config, const Settings& settings, Rows& rows) {
  const bool windowed = !config.windows.empty();
  const Polynomial keys = windowed ? W : N;
  const Polynomial tokens = B * N * C, scores = B * N * keys * h;
  const char* const maps = windowed ? "(B, h, N, W)" : "(B, h, N, N)";
  const Polynomial bias = config.qkv_bias && settings.qkv_bias ? 1 : 0;
  rows.add({.op = Op::qkv,
            .shape = "(B, N, 3C)",
            .work = Work::product,
            .macs = B * N * 3 * C * C,
            .elements = 3 * tokens * bias,
            .per_element = 1},
           {.input = tokens, .beside = rows.weights(Op::qkv, 3 * C * C) + 3 * C * bias, .output = 3 * tokens});
  rows.add({.op = Op::split, .shape = "3 × (B, h, N, C/h)"}, {.input = 3 * tokens, .output = 3 * tokens});
  if (config.qk_norm)
    rows.add({.op = Op::qk_norm,
              .shape = "2 × (B, h, N, C/h)",
              .work = config.rms_norm ? Work::rms_norm : Work::layer_norm,
              .elements = 2 * tokens,
              .per_element = config.rms_norm ? kRmsNormOps : kLayerNormOps},
             {.input = 2 * tokens, .output = 2 * tokens});
  if (config.position.rotary != PositionRule::Rotary::none) {
    const Polynomial turned = 2 * B * (config.position.turns_class ? N : N - T) * C;
    rows.add(
        {.op = Op::rope, .shape = "2 × (B, h, N, C/h)", .work = Work::element, .elements = turned, .per_element = 3},
        {.input = turned, .output = turned});
  }
  rows.add({.op = Op::scores, .shape = maps, .work = Work::attention_product, .macs = B * N * keys * C},
           {.input = 2 * tokens, .output = scores});
  rows.add({.op = Op::scale, .shape = maps, .work = Work::element, .elements = scores, .per_element = 1},
           {.input = scores, .output = scores});
  if (config.relative_bias != ModelConfig::RelativeBias::none)  // about 4·N ways from a query to a key
    rows.add({.op = Op::relative_bias, .shape = maps, .work = Work::element, .elements = scores, .per_element = 1},
             {.input = scores, .beside = 4 * N * h, .output = scores});
  if (config.axis_positions)  // a query's products with the tables of both axes, and two additions a score
    rows.add({.op = Op::relative_bias,
              .shape = maps,
              .work = Work::product,
              .macs = B * N * A * C,
              .elements = scores,
              .per_element = 2},
             {.input = scores, .beside = 2 * A * C, .output = scores});
  // Talking heads: a product of (h, h) for every query and key, before the softmax and behind it.
  const Operator mix = {.op = Op::mix_scores,
                        .shape = maps,
                        .work = Work::attention_product,
                        .macs = scores * h,
                        .elements = scores,
                        .per_element = 1};
  if (config.talking_heads) rows.add(mix, {.input = scores, .beside = h * h + h, .output = scores});
  rows.add({.op = Op::softmax, .shape = maps, .work = Work::softmax, .elements = scores, .per_element = kSoftmaxOps},
           {.input = scores, .output = scores});
  if (config.talking_heads) {
    Operator again = mix;
    again.op = Op::mix_attention;
    rows.add(again, {.input = scores, .beside = h * h + h, .output = scores});
  }
  const Polynomial dropped = settings.active_attn_drop() > 0.f ? scores : Polynomial();
  rows.add({.op = Op::attn_drop, .shape = maps, .work = Work::element, .elements = dropped, .per_element = 1},
           {.input = dropped, .output = dropped});
  rows.add({.op = Op::attn_v, .shape = "(B, h, N, C/h)", .work = Work::attention_product, .macs = B * N * keys * C},
           {.input = scores + tokens, .output = tokens});
  rows.add({.op = Op::merge, .shape = "(B, N, C)"}, {.input = tokens, .output = tokens});
  if (config.attn_norm) add_norm(Op::attn_norm, config, rows);
  rows.add({.op = Op::proj,
            .shape = "(B, N, C)",
            .work = Work::product,
            .macs = B * N * C * C,
            .elements = tokens,
            .per_element = 1},
           {.input = tokens, .beside = rows.weights(Op::proj, C * C) + C, .output = tokens});
  const Polynomial proj_dropped = settings.active_proj_drop() > 0.f ? tokens : Polynomial();
  rows.add(
      {.op = Op::proj_drop, .shape = "(B, N, C)", .work = Work::element, .elements = proj_dropped, .per_element = 1},
      {.input = proj_dropped, .output = proj_dropped});
}

void add_mlp(const ModelConfig& config, Rows& rows) {
  const Polynomial tokens = B * N * C, hidden = B * N * M;
  const Polynomial branches = config.swiglu ? 2 : 1;
  rows.add({.op = Op::fc1,
            .shape = config.swiglu ? "(B, N, 2M)" : "(B, N, M)",
            .work = Work::product,
            .macs = B * N * C * M * branches,
            .elements = hidden * branches,
            .per_element = 1},
           {.input = tokens,
            .beside = branches * (rows.weights(Op::fc1, C * M) + M),
            .output = rows.hidden(hidden) * branches});
  rows.add({.op = Op::gelu,
            .shape = "(B, N, M)",
            .work = Work::element,
            .elements = hidden,
            .per_element = config.swiglu ? 5 : activation_ops(config.activation)},  // g / (1 + exp(−g)) · x
           {.input = hidden * branches, .output = hidden});
  if (config.mlp_norm) add_norm(Op::mlp_norm, "(B, N, M)", B * N, M, config, rows);
  rows.add({.op = Op::fc2,
            .shape = "(B, N, C)",
            .work = Work::product,
            .macs = B * N * C * M,
            .elements = tokens,
            .per_element = 1},
           {.input = rows.hidden(hidden), .beside = rows.weights(Op::fc2, C * M) + C, .output = tokens});
}

void add_branch_end(Op layer_scale, Op residual, const ModelConfig& config, Rows& rows) {
  const Polynomial tokens = B * N * C;
  if (config.layer_scale) rows.add(add_residual(layer_scale), {.input = tokens, .beside = C, .output = tokens});
  rows.add(add_residual(residual), {.input = tokens, .beside = tokens, .output = tokens});
}

/// CaiT's: in each, keys and values of all tokens, and query, projection and MLP of the class token alone.
void add_class_blocks(const ModelConfig& config, Rows& rows) {
  const Polynomial all = N + 1, blocks = config.class_blocks;
  rows.add(
      {.op = Op::pool,
       .shape = "L′ × (B, C)",
       .work = Work::product,
       .macs = B * (all * 2 * C * C + all * 2 * C + 2 * C * C + 2 * C * M) * blocks,
       .elements =
           B * (all * 2 * C + all * C * kLayerNormOps + 13 * C + M * (1 + activation_ops(config.activation))) * blocks,
       .per_element = 1},
      {.input = B * N * C * blocks,
       .beside = (4 * C * C + 2 * C * M + M + 8 * C + B * all * 4 * C) * blocks,
       .output = B * C});
}

/// Keys and values of the tokens, one query, its projection and an MLP of one token.
void add_attention_pool(const ModelConfig& config, Rows& rows) {
  const Polynomial hidden = config.pool_hidden;
  rows.add(
      {.op = Op::pool,
       .shape = "(B, C)",
       .work = Work::product,
       .macs = B * N * 2 * C * C + B * N * 2 * C + B * C * C + B * C * hidden * 2,
       .elements = B * N * 2 * C + B * C * (config.pool_hidden > 0 ? 3 : 1) +
                   B * hidden * (1 + activation_ops(config.activation)),
       .per_element = 1},
      {.input = B * N * C, .beside = 3 * C * C + 4 * C + B * N * 4 * C + hidden * 2 * C + hidden + C, .output = B * C});
}

void add_tail(const ModelConfig& config, Rows& rows) {
  if (config.fc_norm) {  // acts on the pooled token
    add_norm(Op::norm, "(B, C)", B, C, config, rows);
  } else if (config.final_norm) {
    add_norm(Op::norm, config, rows);
  }
  if (config.class_blocks > 0) {
    add_class_blocks(config, rows);
  } else if (config.pool == ModelConfig::Pool::attention) {
    add_attention_pool(config, rows);
  }
  if (config.classes == 0) return;
  using Pool = ModelConfig::Pool;
  const bool both = config.pool == Pool::class_and_mean, mean = config.pool == Pool::mean_patches || both;
  const bool distilled = config.pool == Pool::mean_with_distilled;
  const Polynomial heads = distilled ? 2 : 1;
  const Polynomial pooled = mean ? B * (N - T) * C : Polynomial();   // additions
  const Polynomial combined = distilled ? 2 * B * K : Polynomial();  // sum and half of two heads
  Polynomial input = mean ? B * (N - T) * C : distilled ? 2 * B * C : B * C;
  if (both) input += B * C;
  const Polynomial pooled_numbers = both ? 2 * C : Polynomial(C);
  const Polynomial hidden = config.head_hidden;  // the first of two layers, if there are two
  const Polynomial classified = config.head_hidden > 0 ? hidden : pooled_numbers;
  rows.add(
      {.op = Op::head,
       .shape = "(B, K)",
       .work = Work::product,
       .macs = B * classified * K * heads + B * pooled_numbers * hidden,
       .elements = B * K * heads + pooled + combined +
                   B * hidden * (1 + (config.head_tanh ? kTanhOps : activation_ops(config.head_activation))),
       .per_element = 1},
      {.input = input, .beside = heads * (classified * K + K) + pooled_numbers * hidden + hidden, .output = B * K});
}

}  // namespace

std::vector<Operator> operator_table(const ModelConfig& config, const Settings& settings) {
  Rows rows(config, settings);
  add_embedding(config, rows);
  add_norm(Op::norm1, config, rows);
  add_attention(config, settings, rows);
  add_branch_end(Op::layer_scale1, Op::residual1, config, rows);
  if (config.order != ModelConfig::Order::parallel) add_norm(Op::norm2, config, rows);
  add_mlp(config, rows);
  add_branch_end(Op::layer_scale2, Op::residual2, config, rows);
  add_tail(config, rows);
  return rows.take();
}

}  // namespace vit
