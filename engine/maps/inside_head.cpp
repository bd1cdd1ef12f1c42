#include "engine/maps/inside_head.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>

#include "engine/base/error.h"
#include "engine/maps/attention.h"
#include "engine/network/score_term.h"

namespace vit {
namespace {

/// A row as norm1 leaves it.
void normalise(const float* row, const NormWeights& norm, float eps, std::vector<float>& out) {
  const std::size_t channels = out.size();
  double mean = 0, square = 0;
  if (norm.centred)
    for (std::size_t c = 0; c < channels; ++c) mean += row[c];
  mean /= static_cast<double>(channels);
  for (std::size_t c = 0; c < channels; ++c) square += (row[c] - mean) * (row[c] - mean);
  const double scale = 1 / std::sqrt(square / static_cast<double>(channels) + eps);
  for (std::size_t c = 0; c < channels; ++c)
    out[c] = static_cast<float>((row[c] - mean) * scale * norm.weight[c] + norm.bias[c]);
}

/// (N, d) norm1(input)·Wᵀ + b for the value channels of one head.
Matrix head_values(const Trace& trace, int block, int head, const std::stop_token& stop) {
  const BlockWeights& weights = trace.model->blocks.at(static_cast<std::size_t>(block));
  const Matrix& input = trace.blocks.at(static_cast<std::size_t>(block))->input;
  const int channels = input.cols(), dim = channels / trace.settings.heads(block), first = 2 * channels + head * dim;
  Matrix weight(dim, channels);
  for (int c = 0; c < dim; ++c)
    for (int in = 0; in < channels; ++in) weight.row(c)[in] = weights.qkv.weight(first + c, in);
  const bool biased = trace.settings.qkv_bias && weights.qkv.has_bias();
  const float* bias = biased ? weights.qkv.bias().data() + first : nullptr;
  Matrix values(input.rows(), dim);
  std::vector<float> normed(static_cast<std::size_t>(channels));
  for (int token = 0; token < input.rows(); ++token) {
    if (stop.stop_requested()) throw Cancelled();
    if (trace.model->config.order == ModelConfig::Order::post_norm)
      std::copy_n(input.row(token), channels, normed.begin());
    else
      normalise(input.row(token), weights.norm1, trace.model->config.eps, normed);
    for (int c = 0; c < dim; ++c) {
      double sum = biased ? bias[c] : 0.0;
      const float* row = weight.row(c);
      for (std::size_t in = 0; in < normed.size(); ++in) sum += static_cast<double>(row[in]) * normed[in];
      values.row(token)[c] = static_cast<float>(sum);
    }
  }
  return values;
}

double dot(const float* a, const float* b, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

/// What is added to each score; which keys a window leaves outside.
void add_biases(const Trace& trace, HeadNumbers& numbers) {
  const auto term = score_term(*trace.model, trace.grid, numbers.block, trace.settings.heads(numbers.block));
  const auto window = window_around(trace, numbers.block, numbers.query);
  const int tokens = trace.grid.tokens();
  std::vector<float> added(static_cast<std::size_t>(numbers.keys), 0.f);
  if (!window) {
    if (term) term->add(numbers.head, numbers.query, numbers.q.data(), 1.f, added.data());
    if (term) numbers.biases = std::move(added);
    return;
  }
  const Windows windows(trace.grid, trace.model->config.window(numbers.block));
  if (term) term->add(numbers.head, windows.place_of(numbers.query), numbers.q.data(), 1.f, added.data());
  if (term) numbers.biases.assign(static_cast<std::size_t>(tokens), 0.f);
  numbers.outside.resize(static_cast<std::size_t>(tokens));
  for (int token = 0; token < tokens; ++token) {
    const auto at = static_cast<std::size_t>(token);
    numbers.outside[at] = !window->holds(token / trace.grid.cols, token % trace.grid.cols);
    if (term && !numbers.outside[at]) numbers.biases[at] = added[static_cast<std::size_t>(windows.place_of(token))];
  }
}

/// Talking heads: the scores become the mixed ones, and the weights those of all heads' shares.
void mix(const Trace& trace, HeadNumbers& numbers) {
  const BlockWeights& weights = trace.model->blocks.at(static_cast<std::size_t>(numbers.block));
  const BlockTrace& kept = *trace.blocks.at(static_cast<std::size_t>(numbers.block));
  const int heads = trace.settings.heads(numbers.block), dim = kept.q.cols() / heads;
  const Matrix shares = attention_rows(trace, numbers.block, numbers.query);
  const HeadMix &before = *weights.mix_scores, &behind = *weights.mix_attention;
  const double root = std::sqrt(static_cast<double>(dim));
  for (int key = 0; key < kept.k.rows(); ++key) {
    const auto at = static_cast<std::size_t>(key);
    double score = before.bias[static_cast<std::size_t>(numbers.head)];
    double weight = behind.bias[static_cast<std::size_t>(numbers.head)];
    for (int head = 0; head < heads; ++head) {
      const double own =
          dot(kept.q.row(numbers.query) + head * dim, kept.k.row(key) + head * dim, static_cast<std::size_t>(dim)) /
          root;
      score += before.weight(numbers.head, head) * own;
      weight += static_cast<double>(behind.weight(numbers.head, head)) * shares(head, key);
    }
    numbers.biases.push_back(static_cast<float>(score - numbers.scores[at]));
    numbers.scores[at] = static_cast<float>(score);
    numbers.weights[at] = static_cast<float>(weight);
  }
}

}  // namespace

HeadNumbers head_numbers(const Trace& trace, int block, int head, int query, const std::stop_token& stop) {
  const BlockTrace& kept = *trace.blocks.at(static_cast<std::size_t>(block));
  const int dim = kept.q.cols() / trace.settings.heads(block);
  const auto channels = static_cast<std::size_t>(dim);
  HeadNumbers numbers;
  numbers.block = block;
  numbers.head = head;
  numbers.query = query;
  const float* q = kept.q.row(query) + head * dim;
  numbers.q.assign(q, q + dim);
  numbers.keys = trace.model->config.keys_seen(block, kept.k.rows());
  add_biases(trace, numbers);
  for (int key = 0; key < kept.k.rows(); ++key) {
    if (!numbers.outside.empty() && numbers.outside[static_cast<std::size_t>(key)]) {
      numbers.scores.push_back(0.f);
      continue;
    }
    const double bias = numbers.biases.empty() ? 0.0 : numbers.biases[static_cast<std::size_t>(key)];
    numbers.scores.push_back(static_cast<float>(
        dot(q, kept.k.row(key) + head * dim, channels) / std::sqrt(static_cast<double>(dim)) + bias));
  }
  numbers.shares = attention_row(trace, block, head, query);
  numbers.weights = numbers.shares;
  if (!numbers.outside.empty())
    numbers.padding = std::max(0.f, 1.f - std::accumulate(numbers.shares.begin(), numbers.shares.end(), 0.f));
  if (trace.model->config.talking_heads) mix(trace, numbers);
  numbers.values = head_values(trace, block, head, stop);
  numbers.output.assign(channels, 0.f);
  const float* padding = numbers.outside.empty() ? nullptr : padding_of(*trace.model, block, trace.settings.qkv_bias);
  if (padding != nullptr) padding += kept.q.cols() + head * dim;  // its value
  for (std::size_t c = 0; c < channels; ++c) {
    double sum = padding == nullptr ? 0 : static_cast<double>(numbers.padding) * padding[c];
    for (int key = 0; key < numbers.values.rows(); ++key)
      sum += static_cast<double>(numbers.weights[static_cast<std::size_t>(key)]) * numbers.values.row(key)[c];
    numbers.output[c] = static_cast<float>(sum);
  }
  return numbers;
}

PairNumbers pair_numbers(const Trace& trace, const HeadNumbers& numbers, int key) {
  const std::size_t dim = numbers.q.size();
  const float* k = trace.blocks.at(static_cast<std::size_t>(numbers.block))->k.row(key) +
                   numbers.head * static_cast<std::ptrdiff_t>(dim);
  PairNumbers pair;
  pair.k.assign(k, k + dim);
  for (std::size_t c = 0; c < dim; ++c) pair.products.push_back(numbers.q[c] * k[c]);
  pair.dot = static_cast<float>(dot(numbers.q.data(), k, dim));
  if (!numbers.biases.empty()) pair.bias = numbers.biases[static_cast<std::size_t>(key)];
  pair.score = numbers.scores[static_cast<std::size_t>(key)];
  pair.share = numbers.shares[static_cast<std::size_t>(key)];
  pair.weight = numbers.weights[static_cast<std::size_t>(key)];
  for (std::size_t c = 0; c < dim; ++c) pair.part.push_back(pair.weight * numbers.values.row(key)[c]);
  const double length = dot(numbers.output.data(), numbers.output.data(), dim);
  if (length > 0) pair.part_of_output = static_cast<float>(dot(pair.part.data(), numbers.output.data(), dim) / length);
  return pair;
}

}  // namespace vit
