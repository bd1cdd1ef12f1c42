#include "engine/maps/readout.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "engine/network/linear.h"
#include "engine/network/pass.h"

namespace vit {
namespace {

/// Every row by itself.
Matrix norm_rows(MatrixView x, const NormWeights& norm, const Model& model) {
  Matrix y(x.rows, x.cols);
  model.patch_embed.table().layer_norm({.x = x.data,
                                        .x_stride = x.stride,
                                        .y = y.row(0),
                                        .y_stride = y.stride(),
                                        .row_begin = 0,
                                        .row_end = x.rows,
                                        .columns = x.cols,
                                        .weight = norm.weight.data(),
                                        .bias = norm.bias.data(),
                                        .eps = eps_of(norm, model.config),
                                        .centred = norm.centred});
  return y;
}

/// What the head's last layer reads: the rows, or what the first of two layers makes of them.
Matrix before_last_layer(Matrix x, const Linear& head, const Model& model) {
  if (!model.head_hidden || &head != &*model.head) return x;
  Matrix hidden(x.rows(), model.head_hidden->outputs());
  linear(x.view(), *model.head_hidden, {.activation = model.config.head_activation}, {hidden.span()},
         {0, x.rows(), 0, -1});
  return hidden;
}

/// (K) of one row.
std::vector<float> all_outputs(Matrix row, const Linear& head, const Model& model) {
  const Matrix read = before_last_layer(std::move(row), head, model);
  Matrix y(1, head.outputs());
  linear(read.view(), head, {}, {y.span()}, {0, 1, 0, -1});
  return {y.row(0), y.row(0) + y.cols()};
}

/// (rows) of one class.
std::vector<float> one_output(const Matrix& x, const Linear& head, int which, const Model& model) {
  const Matrix read = before_last_layer(Matrix(x.view()), head, model);
  std::vector<float> weights, y;
  weights.reserve(static_cast<std::size_t>(read.cols()));
  for (int c = 0; c < read.cols(); ++c) weights.push_back(head.weight(which, c));
  y.reserve(static_cast<std::size_t>(read.rows()));
  for (int row = 0; row < read.rows(); ++row) {
    double sum = head.has_bias() ? head.bias()[static_cast<std::size_t>(which)] : 0.0;
    for (std::size_t c = 0; c < weights.size(); ++c) sum += static_cast<double>(weights[c]) * read.row(row)[c];
    y.push_back(static_cast<float>(sum));
  }
  return y;
}

std::vector<float> mean_of(std::vector<float> a, const std::vector<float>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = (a[i] + b[i]) / 2;
  return a;
}

}  // namespace

Matrix Readout::normed(int block) const {
  const Model& model = *trace_->model;
  const MatrixView x = trace_->hidden(block).view();
  return model.norm && !model.config.pool_before_norm ? norm_rows(x, *model.norm, model) : Matrix(x);
}

std::vector<float> Readout::logits(Matrix normed) const {
  const Model& model = *trace_->model;
  Trace as_last;  // a pass that ended here, as far as pooling looks at one
  as_last.model = trace_->model;
  as_last.grid = trace_->grid;
  (model.config.pool_before_norm ? as_last.output : as_last.features) = std::move(normed);
  std::vector<float> logits = all_outputs(pool_tokens(as_last, 0), *model.head, model);
  if (!model.head_distilled) return logits;
  return mean_of(std::move(logits), all_outputs(pool_tokens(as_last, 1), *model.head_distilled, model));
}

std::vector<float> Readout::token_logits(const Matrix& normed, int which) const {
  const Model& model = *trace_->model;
  const int tokens = normed.rows(), channels = normed.cols();
  const bool beside = model.config.pool == ModelConfig::Pool::class_and_mean;
  Matrix x(tokens, beside ? 2 * channels : channels);
  for (int t = 0; t < tokens; ++t) {
    float* to = x.row(t);
    if (beside) to = std::copy(normed.row(0), normed.row(0) + channels, to);
    std::copy(normed.row(t), normed.row(t) + channels, to);
  }
  if (model.fc_norm) x = norm_rows(x.view(), *model.fc_norm, model);
  std::vector<float> logits = one_output(x, *model.head, which, model);
  if (!model.head_distilled) return logits;
  return mean_of(std::move(logits), one_output(x, *model.head_distilled, which, model));
}

std::vector<double> softmax_of(const std::vector<float>& logits) {
  std::vector<double> p(logits.begin(), logits.end());
  const double largest = *std::max_element(p.begin(), p.end());
  double sum = 0;
  for (double& value : p) sum += value = std::exp(value - largest);
  for (double& value : p) value /= sum;
  return p;
}

}  // namespace vit
