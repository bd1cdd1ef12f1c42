#include "engine/network/model.h"

#include "engine/base/error.h"

namespace vit {
namespace {

void require_range(const char* what, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value >= low && value <= high) return;
  throw Error("A network with " + std::string(what) + " " + std::to_string(value) +
              " is not supported: it must lie between " + std::to_string(low) + " and " + std::to_string(high) + ".");
}

}  // namespace

const char* name_of(Source source) {
  switch (source) {
    case Source::read:
      return "read";
    case Source::implied:
      return "implied";
    case Source::guessed:
      return "guessed";
    case Source::overridden:
      return "overridden";
  }
  return "?";
}

std::span<const Choice<Activation>> choices(Activation) {
  static constexpr Choice<Activation> kAll[] = {
      {Activation::gelu, "gelu", "GELU (erf)", "x·Φ(x) with the exact error function"},
      {Activation::gelu_tanh, "gelu_tanh", "GELU (tanh)", "its approximation by tanh"},
      {Activation::quick_gelu, "quick_gelu", "QuickGELU", "x·σ(1.702·x), as OpenAI's CLIP has it"},
      {Activation::relu, "relu", "ReLU", "max(x, 0)"},
      {Activation::silu, "silu", "SiLU", "x·σ(x)"},
  };
  return kAll;
}

std::string ModelConfig::prefix_name(int token) const {
  if (token < class_tokens()) return more_class_tokens == 0 ? "class token" : "class token " + std::to_string(token);
  token -= class_tokens();
  if (distillation_token && token-- == 0) return "distillation token";
  if (token < registers) return "register " + std::to_string(token);
  return "detection token " + std::to_string(token - registers);
}

std::string ModelConfig::fixed_heads() const {
  if (talking_heads) return "its heads are mixed by weights of the trained heads (talking heads)";
  if (axis_positions) return "its relative positions are multiplied with the channels of a trained head";
  if (qk_norm) return "its queries and keys are normalised over the channels of a trained head";
  return "";
}

void validate(const ModelConfig& config) {
  require_range("depth (blocks)", config.depth, 1, 1024);
  require_range("width (channels)", config.channels, 1, 65536);
  require_range("hidden size", config.hidden, 1, 1 << 19);
  require_range("patch size", config.patch_px, 1, 1024);
  require_range("patch rows", config.grid_height, 1, 4096);
  require_range("patch columns", config.grid_width, 1, 4096);
  require_range("classes", config.classes, 0, 1 << 24);
  require_range("class tokens", config.more_class_tokens, 0, 4096);
  require_range("registers", config.registers, 0, 4096);
  require_range("detection tokens", config.detection_tokens, 0, 4096);
  require_range("padding of patches", config.patch_pad, 0, config.patch_px - 1);
  require_range("hidden head size", config.head_hidden, 0, 1 << 19);
  require_range("heads", config.num_heads, 1, config.channels);
  if (config.channels % config.num_heads != 0) {
    throw Error("The network's " + std::to_string(config.channels) + " channels cannot be split among " +
                std::to_string(config.num_heads) + " heads: give a divisor with --trained-heads.");
  }
  if (config.position.rotary != PositionRule::Rotary::none && config.channels / config.num_heads % 4 != 0) {
    throw Error("Rotary positions need heads of a multiple of 4 channels, not " +
                std::to_string(config.channels / config.num_heads) + ": give another count with --trained-heads.");
  }
  if (config.relative_bias != ModelConfig::RelativeBias::none && config.prefix_tokens() != (config.class_token ? 1 : 0))
    throw Error("Relative positions are known for a class token and patches, and for no other tokens.");
  require_range("class-attention blocks", config.class_blocks, 0, 1024);
  if (config.order == ModelConfig::Order::post_norm && config.layer_scale)
    throw Error("Layer scale beside norms that stand behind the branches is not supported.");
  if (config.talking_heads && config.relative_bias != ModelConfig::RelativeBias::none)
    throw Error("Talking heads beside relative positions are not supported.");
  if ((!config.windows.empty() || config.axis_positions) &&
      (config.prefix_tokens() > 0 || config.relative_bias != ModelConfig::RelativeBias::none || config.talking_heads ||
       config.position.rotary != PositionRule::Rotary::none)) {
    throw Error(
        "Attention in windows and positions by axes are known for patches alone, without a class token, other relative "
        "or rotary positions or talking heads.");
  }
  for (const int side : config.windows) require_range("window side", side, 0, 4096);
  if (!config.windows.empty() && static_cast<int>(config.windows.size()) != config.depth)
    throw Error("A network that works in windows must have one for each block.");
  if (!(config.eps > 0 && config.eps < 1)) throw Error("A norm's eps must lie between 0 and 1.");
  using Pool = ModelConfig::Pool;
  if ((config.pool == Pool::class_token || config.pool == Pool::class_and_mean) && !config.class_token) {
    throw Error("A network without a class token cannot read its answer from one.");
  }
}

void pack_bf16(const Model& model) {
  model.patch_embed.pack_bf16();
  for (const BlockWeights& w : model.blocks) {
    for (const Linear* layer : {&w.qkv, &w.proj, &w.fc1, &w.fc2}) layer->pack_bf16();
  }
}

}  // namespace vit
