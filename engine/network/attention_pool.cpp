#include "engine/network/attention_pool.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace vit {
namespace {

constexpr Part kWhole{0, 1, 0, -1};

Matrix normed(const Matrix& x, const NormWeights& w, float eps, const KernelTable& table) {
  Matrix y(1, x.cols());
  table.layer_norm({.x = x.row(0),
                    .x_stride = x.stride(),
                    .y = y.row(0),
                    .y_stride = y.stride(),
                    .row_begin = 0,
                    .row_end = 1,
                    .columns = x.cols(),
                    .weight = w.weight.data(),
                    .bias = w.bias.data(),
                    .eps = eps,
                    .centred = w.centred});
  return y;
}

}  // namespace

Matrix attend_pool(const AttentionPool& pool, MatrixView keys, MatrixView values, int first, float eps,
                   MatrixSpan seen) {
  const KernelTable& table = pool.proj.table();
  const int channels = keys.cols, dim = channels / pool.heads, count = keys.rows - first;
  const auto scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(dim)));
  Matrix shares(1, count), looked(1, channels);
  for (int head = 0; head < pool.heads; ++head) {
    const int column = head * dim;
    const float* query = pool.query.data() + column;
    for (int t = 0; t < count; ++t) {
      const float* key = keys.row(first + t) + column;
      float sum = 0;
      for (int c = 0; c < dim; ++c) sum += query[c] * key[c];
      shares(0, t) = sum;
    }
    table.softmax({shares.row(0), shares.stride(), 0, 1, count, scale});
    if (seen.data != nullptr) std::copy_n(shares.row(0), count, seen.row(head));
    float* out = looked.row(0) + column;
    for (int t = 0; t < count; ++t) {
      const float* value = values.row(first + t) + column;
      for (int c = 0; c < dim; ++c) out[c] += shares(0, t) * value[c];
    }
  }
  Matrix y(1, channels);
  linear(looked.view(), pool.proj, {}, {y.span()}, kWhole);
  if (!pool.fc1) return y;
  const Matrix x = pool.norm ? normed(y, *pool.norm, eps, table) : Matrix(y.view());
  Matrix hidden(1, pool.fc1->outputs());
  linear(x.view(), *pool.fc1, {.activation = pool.activation}, {hidden.span()}, kWhole);
  linear(hidden.view(), *pool.fc2, {.residual = y.view()}, {y.span()}, kWhole);
  return y;
}

}  // namespace vit
