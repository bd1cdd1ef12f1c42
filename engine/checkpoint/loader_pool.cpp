// An attention-pooling head: its learned query and projections, however a file lays them out.
#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/checkpoint/loader.h"
#include "engine/checkpoint/model_facts.h"

namespace vit {
namespace {

/// `outputs` rows of a weight that is in memory, from row `first` on.
Linear from_rows(const std::vector<float>& weight, int first, int outputs, int inputs, int groups,
                 std::vector<float> bias) {
  return Linear(
      outputs, inputs, groups,
      [&](int row, float* out) {
        std::copy_n(weight.data() + static_cast<std::ptrdiff_t>(first + row) * inputs, inputs, out);
      },
      std::move(bias));
}

/// W·x + b.
std::vector<float> project(const Linear& layer, const std::vector<float>& x) {
  std::vector<float> y(x.size());
  for (int row = 0; row < layer.outputs(); ++row) {
    double sum = layer.bias()[static_cast<std::size_t>(row)];
    for (int c = 0; c < layer.inputs(); ++c)
      sum += static_cast<double>(layer.weight(row, c)) * x[static_cast<std::size_t>(c)];
    y[static_cast<std::size_t>(row)] = static_cast<float>(sum);
  }
  return y;
}

}  // namespace

/// CaiT: what its blocks do not have, stands behind them.
void Loader::read_class_blocks_sizes() {
  ModelConfig& c = config();
  const std::string norm = std::string(names().class_block) + names().norm1;
  while (tensors_.find(norm, c.class_blocks, "norm")) ++c.class_blocks;
  if (c.class_blocks == 0)
    throw Error(file_.path().string() + " has no tensor \"" + spell(norm, 0, names().norm_weight).front() +
                "\", which " + c.family + " needs: the file is incomplete.");
  c.pool = ModelConfig::Pool::attention;
}

void Loader::read_class_blocks() {
  const ModelConfig& c = config();
  const auto named = [this](const char* name) { return std::string(names().class_block) + name; };
  const std::string query = tensors_.require(names().class_query, 0, "weight");
  model_->class_query = tensors_.vector(query, c.channels);
  for (int i = 0; i < c.class_blocks; ++i) {
    const auto layer = [&](const char* name, int outputs, int inputs) {
      tensors_.require(named(name), i, "bias");
      return tensors_.linear(named(name), i, outputs, inputs, 1);
    };
    const auto scale = [&](const char* name) {
      return tensors_.vector(tensors_.require(named(name), i, "weight"), c.channels);
    };
    model_->class_blocks.push_back(
        {.norm1 = tensors_.norm(named(names().norm1), i, c.channels),
         .norm2 = tensors_.norm(named(names().norm2), i, c.channels),
         .query = tensors_.linear(named(names().class_q), i, c.channels, c.channels, 1),
         .keys_values = tensors_.joined({named(names().class_k), named(names().class_v)}, i, c.channels, c.channels, 2),
         .proj = layer(names().proj, c.channels, c.channels),
         .fc1 = layer(names().fc1, c.hidden, c.channels),
         .fc2 = layer(names().fc2, c.channels, c.hidden),
         .scale1 = scale(names().scale1),
         .scale2 = scale(names().scale2)});
  }
}

AttentionPool Loader::read_attention_pool() {
  const ModelConfig& c = config();
  const int channels = c.channels;
  const std::int64_t width = channels;
  AttentionPool pool;
  pool.heads = detected_.family->pool_heads > 0 ? detected_.family->pool_heads : c.num_heads;
  if (channels % pool.heads != 0)
    throw Error(file_.path().string() + " has " + std::to_string(channels) + " channels, which the " +
                std::to_string(pool.heads) + " heads of " + c.family + "'s attention pool do not divide.");
  const Architecture* named = known_architecture(hints_, c);
  pool.prefix_too = named != nullptr ? named->pool_prefix : detected_.family->pool_prefix;
  pool.activation = c.swiglu ? Activation::gelu : c.activation;
  const auto numbers = [&](const char* pattern, const char* part, std::int64_t count) {
    return tensors_.vector(tensors_.require(pattern, 0, part), count);
  };
  const auto layer = [&](const char* pattern, int outputs, int inputs) {
    tensors_.require(pattern, 0, "bias");
    return tensors_.linear(pattern, 0, outputs, inputs, 1);
  };
  const auto has = [&](const char* pattern, const char* part) { return tensors_.find(pattern, 0, part).has_value(); };
  pool.query = numbers(names().pool_query, "weight", width);
  if (has(names().pool_in, "weight") || has(names().pool_in, "bias")) {
    const std::vector<float> weight = numbers(names().pool_in, "weight", 3 * width * width);
    const std::vector<float> bias = numbers(names().pool_in, "bias", 3 * width);
    pool.query =
        project(from_rows(weight, 0, channels, channels, 1, {bias.begin(), bias.begin() + channels}), pool.query);
    pool.keys_values = from_rows(weight, channels, 2 * channels, channels, 2, {bias.begin() + channels, bias.end()});
  } else {
    if (has(names().pool_q, "weight") || has(names().pool_q, "bias")) {
      pool.query = project(layer(names().pool_q, channels, channels), pool.query);
    }
    if (*names().pool_kv != '\0') {
      tensors_.require(names().pool_kv, 0, "bias");
      pool.keys_values = tensors_.linear(names().pool_kv, 0, 2 * channels, channels, 2);
    } else {
      if (has(names().pool_key, "bias") != has(names().pool_value, "bias")) {
        throw Error(file_.path().string() + " has a bias of one of \"" + names().pool_key + "\" and \"" +
                    names().pool_value + "\" and not of the other: the file is incomplete.");
      }
      pool.keys_values = tensors_.joined({names().pool_key, names().pool_value}, 0, channels, channels, 2);
    }
  }
  pool.proj = layer(names().pool_proj, channels, channels);
  if (c.pool_hidden == 0) return pool;
  pool.norm = tensors_.optional_norm(names().pool_norm, channels);
  pool.fc1 = layer(names().pool_fc1, c.pool_hidden, channels);
  pool.fc2 = layer(names().pool_fc2, channels, c.pool_hidden);
  return pool;
}

}  // namespace vit
