#include "engine/maps/transformed_values.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

#include "engine/base/error.h"
#include "engine/maps/block_tokens.h"

namespace vit {
namespace {

/// (d, d) (γ W_O^h)ᵀ (γ W_O^h): the squared length of the transformed v is vᵀ G v.
std::vector<double> gram_of(const BlockWeights& weights, int head, int dim) {
  const int channels = weights.proj.outputs();
  std::vector<double> gram(static_cast<std::size_t>(dim) * dim, 0), row(static_cast<std::size_t>(dim));
  for (int out = 0; out < channels; ++out) {
    const double scale =
        weights.layer_scale1.empty() ? 1.0 : static_cast<double>(weights.layer_scale1[static_cast<std::size_t>(out)]);
    for (int c = 0; c < dim; ++c) row[static_cast<std::size_t>(c)] = scale * weights.proj.weight(out, head * dim + c);
    for (std::size_t a = 0; a < row.size(); ++a)
      for (std::size_t b = 0; b < row.size(); ++b) gram[a * row.size() + b] += row[a] * row[b];
  }
  return gram;
}

}  // namespace

Matrix value_lengths(const Trace& trace, int block, const std::stop_token& stop) {
  const BlockWeights& weights = trace.model->blocks.at(static_cast<std::size_t>(block));
  assert(!weights.attn_norm);
  const Matrix v = block_values(trace, block, stop);
  const int heads = trace.settings.heads(block), dim = v.cols() / heads;
  Matrix lengths(heads, v.rows());
  for (int head = 0; head < heads; ++head) {
    if (stop.stop_requested()) throw Cancelled();
    const std::vector<double> gram = gram_of(weights, head, dim);
    for (int token = 0; token < v.rows(); ++token) {
      const float* const x = v.row(token) + static_cast<std::ptrdiff_t>(head) * dim;
      double square = 0;
      for (int a = 0; a < dim; ++a) {
        const double* const row = gram.data() + static_cast<std::ptrdiff_t>(a) * dim;
        double sum = 0;
        for (int b = 0; b < dim; ++b) sum += row[b] * x[b];
        square += sum * x[a];
      }
      lengths(head, token) = static_cast<float>(std::sqrt(std::max(0.0, square)));
    }
  }
  return lengths;
}

double value_lengths_work(const Trace& trace, int block) {
  const double tokens = trace.grid.tokens(), channels = trace.model->config.channels;
  const double dim = channels / trace.settings.heads(block);
  return tokens * channels * (3 * channels + dim) + channels * channels * dim;
}

}  // namespace vit
