// Small networks with random weights, made without a file: every parameter drawn, so that none can be left out unseen.
#pragma once

#include <cmath>
#include <memory>
#include <random>

#include "engine/network/model.h"
#include "engine/network/settings.h"
#include "engine/network/trace.h"

namespace vit::testing_models {

inline ModelConfig small_config() {
  ModelConfig config;
  config.family = "test ViT";
  config.depth = 3;
  config.channels = 24;
  config.num_heads = 4;
  config.hidden = 40;
  config.patch_px = 4;
  config.grid_height = 5;
  config.grid_width = 5;
  config.classes = 7;
  return config;
}

/// 1,090 tokens, whose maps are too many to be kept: a tiled pass goes by blocks of keys.
inline ModelConfig long_sequence() {
  ModelConfig config = small_config();
  config.depth = 2;
  config.channels = 84;
  config.num_heads = 28;  // of 3 channels: odd
  config.grid_height = config.grid_width = 33;
  config.layer_scale = true;
  return config;
}

/// ViT-B/16 at 224 px: for what needs sizes and no weights.
inline ModelConfig vit_base() {
  ModelConfig config;
  config.depth = 12;
  config.channels = 768;
  config.num_heads = 12;
  config.hidden = 3072;
  config.patch_px = 16;
  config.grid_height = config.grid_width = 14;
  config.classes = 1000;
  return config;
}

class RandomWeights {
 public:
  explicit RandomWeights(unsigned seed) : random_(seed) {}

  std::vector<float> vector(int count, float mean, float deviation) {
    std::normal_distribution<float> normal(mean, deviation);
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = normal(random_);
    return values;
  }
  Matrix matrix(int rows, int cols, float deviation) {
    Matrix m(rows, cols);
    for (int r = 0; r < rows; ++r) {
      const auto values = vector(cols, 0.f, deviation);
      std::copy(values.begin(), values.end(), m.row(r));
    }
    return m;
  }
  Linear linear(int outputs, int inputs, int groups, bool bias, float gain = 1.f) {
    const float deviation = gain / std::sqrt(static_cast<float>(inputs));
    const auto read = [&](int, float* out) {
      const auto values = vector(inputs, 0.f, deviation);
      std::copy(values.begin(), values.end(), out);
    };
    return Linear(outputs, inputs, groups, read, bias ? vector(outputs, 0.f, 0.1f) : std::vector<float>());
  }
  NormWeights norm(int channels) { return {vector(channels, 1.f, 0.1f), vector(channels, 0.f, 0.1f)}; }

 private:
  std::mt19937 random_;
};

inline std::shared_ptr<const Model> make_model(const ModelConfig& config, unsigned seed = 1) {
  RandomWeights random(seed);
  auto model = std::make_shared<Model>();
  static std::uint64_t ids = 1u << 20;
  model->config = config;
  model->id = ++ids;
  const int c = config.channels;
  model->patch_embed = random.linear(c, 3 * config.patch_px * config.patch_px, 1, config.patch_bias);
  model->prefix = random.matrix(config.prefix_tokens(), c, 0.5f);
  if (config.position.learned) {
    model->position = random.matrix(config.prefix_tokens() + config.grid_height * config.grid_width, c, 0.5f);
  }
  for (int b = 0; config.mid_positions && b + 1 < config.depth; ++b)
    model->mid_positions.push_back(
        random.matrix(config.prefix_tokens() + config.grid_height * config.grid_width, c, 0.5f));
  if (config.position.learned_speeds) model->rope_frequencies = random.matrix(2 * config.depth, c / 2, 0.7f);
  if (config.position.turns_class) model->rope_class_angles = random.vector(c / config.num_heads / 2, 0.f, 1.f);
  if (config.patch_norm) model->patch_norm = random.norm(3 * config.patch_px * config.patch_px);
  if (config.embed_norm) model->embed_norm = random.norm(c);
  if (config.norm_pre) model->norm_pre = random.norm(c);
  using Bias = ModelConfig::RelativeBias;
  const int ways = (2 * config.grid_height - 1) * (2 * config.grid_width - 1) + 3;
  if (config.relative_bias == Bias::shared) model->relative_bias = random.matrix(ways, config.num_heads, 1.f);
  if (config.final_norm) model->norm = random.norm(c);
  if (config.fc_norm) model->fc_norm = random.norm(c);
  for (int b = 0; b < config.depth; ++b) {
    BlockWeights w;
    w.norm1 = random.norm(c);
    w.norm2 = random.norm(c);
    w.qkv = random.linear(3 * c, c, 3, config.qkv_bias, 1.5f);
    if (config.relative_bias == Bias::of_each_block) w.relative_bias = random.matrix(ways, config.num_heads, 1.f);
    w.proj = random.linear(c, c, 1, true);
    w.fc1 = random.linear(config.swiglu ? 2 * config.hidden : config.hidden, c, 1, true);
    w.fc2 = random.linear(c, config.hidden, 1, true);
    if (config.attn_norm) w.attn_norm = random.norm(c);
    if (config.mlp_norm) w.mlp_norm = random.norm(config.hidden);
    if (config.layer_scale) {
      w.layer_scale1 = random.vector(c, 0.f, 0.5f);
      w.layer_scale2 = random.vector(c, 0.f, 0.5f);
    }
    model->blocks.push_back(std::move(w));
  }
  if (config.pool == ModelConfig::Pool::attention) {
    AttentionPool pool;
    pool.heads = config.num_heads;
    pool.prefix_too = false;
    pool.query = random.vector(c, 0.f, 2.f);
    pool.keys_values = random.linear(2 * c, c, 2, true);
    pool.proj = random.linear(c, c, 1, true);
    if (config.pool_hidden > 0) {
      pool.norm = random.norm(c);
      pool.fc1 = random.linear(config.pool_hidden, c, 1, true);
      pool.fc2 = random.linear(c, config.pool_hidden, 1, true);
    }
    model->attention_pool = std::move(pool);
  }
  if (config.classes > 0) model->head = random.linear(config.classes, c, 1, true);
  if (config.classes > 0 && config.distillation_token)
    model->head_distilled = random.linear(config.classes, c, 1, true);
  return model;
}

inline std::shared_ptr<const Pixels> make_pixels(const ModelConfig& config, int rows = 0, int cols = 0,
                                                 unsigned seed = 5) {
  auto pixels = std::make_shared<Pixels>();
  pixels->width = (cols > 0 ? cols : config.grid_width) * config.patch_px;
  pixels->height = (rows > 0 ? rows : config.grid_height) * config.patch_px;
  pixels->chw = RandomWeights(seed).vector(3 * pixels->width * pixels->height, 0.f, 1.f);
  return pixels;
}

}  // namespace vit::testing_models
