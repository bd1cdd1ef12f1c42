#include "engine/network/class_attention.h"

#include <algorithm>
#include <cmath>

#include "engine/network/linear.h"

namespace vit {
namespace {

constexpr Part kWhole{0, 1, 0, -1};

Matrix normed(MatrixView x, const NormWeights& w, float eps, const KernelTable& table) {
  Matrix y(1, x.cols);
  table.layer_norm({.x = x.data,
                    .x_stride = x.stride,
                    .y = y.row(0),
                    .y_stride = y.stride(),
                    .row_begin = 0,
                    .row_end = 1,
                    .columns = x.cols,
                    .weight = w.weight.data(),
                    .bias = w.bias.data(),
                    .eps = eps,
                    .centred = w.centred});
  return y;
}

float dot(const float* a, const float* b, int count) {
  float sum = 0;
  for (int i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

Matrix attend_class(const ClassBlock& block, const ModelConfig& config, MatrixView token, MatrixView keys,
                    MatrixView values, MatrixSpan shares) {
  const KernelTable& table = block.proj.table();
  const int channels = token.cols, dim = channels / config.num_heads, count = keys.rows;
  const Matrix own = normed(token, block.norm1, config.eps, table);
  Matrix query(1, channels), own_key(1, channels), own_value(1, channels), looked(1, channels);
  linear(own.view(), block.query, {}, {query.span()}, kWhole);
  linear(own.view(), block.keys_values, {}, {own_key.span(), own_value.span()}, kWhole);
  const auto scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(dim)));
  Matrix p(1, 1 + count);
  for (int head = 0; head < config.num_heads; ++head) {
    const int column = head * dim;
    const float* q = query.row(0) + column;
    p(0, 0) = dot(q, own_key.row(0) + column, dim);
    for (int t = 0; t < count; ++t) p(0, 1 + t) = dot(q, keys.row(t) + column, dim);
    table.softmax({p.row(0), p.stride(), 0, 1, 1 + count, scale});
    if (shares.data != nullptr) std::copy_n(p.row(0), 1 + count, shares.row(head));
    float* out = looked.row(0) + column;
    for (int c = 0; c < dim; ++c) out[c] = p(0, 0) * own_value(0, column + c);
    for (int t = 0; t < count; ++t) {
      const float* value = values.row(t) + column;
      for (int c = 0; c < dim; ++c) out[c] += p(0, 1 + t) * value[c];
    }
  }
  Matrix middle(1, channels), y(1, channels), hidden(1, block.fc1.outputs());
  linear(looked.view(), block.proj, {.scale = block.scale1.data(), .residual = token}, {middle.span()}, kWhole);
  const Matrix before = normed(middle.view(), block.norm2, config.eps, table);
  linear(before.view(), block.fc1, {.activation = config.activation}, {hidden.span()}, kWhole);
  linear(hidden.view(), block.fc2, {.scale = block.scale2.data(), .residual = middle.view()}, {y.span()}, kWhole);
  return y;
}

}  // namespace vit
