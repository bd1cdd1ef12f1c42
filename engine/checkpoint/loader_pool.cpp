// An attention-pooling head: its learned query and projections, however a file lays them out.
#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/checkpoint/loader.h"

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

/// W·x + b of the first rows of a weight.
std::vector<float> project(const std::vector<float>& weight, const std::vector<float>& bias,
                           const std::vector<float>& x) {
  std::vector<float> y(x.size());
  for (std::size_t row = 0; row < y.size(); ++row) {
    double sum = bias[row];
    for (std::size_t c = 0; c < x.size(); ++c) sum += static_cast<double>(weight[row * x.size() + c]) * x[c];
    y[row] = static_cast<float>(sum);
  }
  return y;
}

}  // namespace

AttentionPool Loader::read_attention_pool() {
  const ModelConfig& c = config();
  const int channels = c.channels;
  const std::int64_t width = channels;
  AttentionPool pool;
  pool.heads = c.num_heads;
  pool.prefix_too = false;
  pool.activation = c.swiglu ? Activation::gelu : c.activation;
  const auto numbers = [&](const char* pattern, const char* part, std::int64_t count) {
    return tensors_.vector(tensors_.require(pattern, 0, part), count);
  };
  const auto has = [&](const char* pattern, const char* part) { return tensors_.find(pattern, 0, part).has_value(); };
  pool.query = numbers(names().pool_query, "weight", width);
  if (has(names().pool_in, "weight") || has(names().pool_in, "bias")) {
    const std::vector<float> weight = numbers(names().pool_in, "weight", 3 * width * width);
    const std::vector<float> bias = numbers(names().pool_in, "bias", 3 * width);
    pool.query = project(weight, bias, pool.query);
    pool.keys_values = from_rows(weight, channels, 2 * channels, channels, 2, {bias.begin() + channels, bias.end()});
  } else {
    if (has(names().pool_q, "weight") || has(names().pool_q, "bias")) {
      pool.query =
          project(numbers(names().pool_q, "weight", width * width), numbers(names().pool_q, "bias", width), pool.query);
    }
    if (*names().pool_kv != '\0') {
      pool.keys_values = from_rows(numbers(names().pool_kv, "weight", 2 * width * width), 0, 2 * channels, channels, 2,
                                   numbers(names().pool_kv, "bias", 2 * width));
    } else {
      if (has(names().pool_key, "bias") != has(names().pool_value, "bias")) {
        throw Error(file_.path().string() + " has a bias of one of \"" + names().pool_key + "\" and \"" +
                    names().pool_value + "\" and not of the other: the file is incomplete.");
      }
      pool.keys_values = tensors_.joined({names().pool_key, names().pool_value}, 0, channels, channels, 2);
    }
  }
  pool.proj = from_rows(numbers(names().pool_proj, "weight", width * width), 0, channels, channels, 1,
                        numbers(names().pool_proj, "bias", width));
  if (c.pool_hidden == 0) return pool;
  const std::int64_t hidden = c.pool_hidden;
  pool.norm = tensors_.optional_norm(names().pool_norm, channels);
  pool.fc1 = from_rows(numbers(names().pool_fc1, "weight", hidden * width), 0, c.pool_hidden, channels, 1,
                       numbers(names().pool_fc1, "bias", hidden));
  pool.fc2 = from_rows(numbers(names().pool_fc2, "weight", hidden * width), 0, channels, c.pool_hidden, 1,
                       numbers(names().pool_fc2, "bias", width));
  return pool;
}

}  // namespace vit
