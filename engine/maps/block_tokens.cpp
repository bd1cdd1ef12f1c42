#include "engine/maps/block_tokens.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>

#include "engine/base/error.h"
#include "engine/network/linear.h"

namespace vit {
namespace {

double dot(const float* a, const float* b, int channels) {
  double sum = 0;
  for (int c = 0; c < channels; ++c) sum += static_cast<double>(a[c]) * b[c];
  return sum;
}

}  // namespace

Matrix block_values(const Trace& trace, int block, const std::stop_token& stop) {
  const BlockWeights& weights = trace.model->blocks.at(static_cast<std::size_t>(block));
  const Matrix& input = trace.blocks.at(static_cast<std::size_t>(block))->input;
  const int tokens = input.rows(), channels = input.cols();
  // One product makes queries, keys and values together, as in the pass.
  const bool behind = trace.model->config.order == ModelConfig::Order::post_norm;  // no norm comes before
  Matrix normed(tokens, channels), queries(tokens, channels), keys(tokens, channels), values(tokens, channels);
  weights.qkv.table().layer_norm({.x = input.row(0),
                                  .x_stride = input.stride(),
                                  .y = normed.row(0),
                                  .y_stride = normed.stride(),
                                  .row_begin = 0,
                                  .row_end = tokens,
                                  .columns = channels,
                                  .weight = weights.norm1.weight.data(),
                                  .bias = weights.norm1.bias.data(),
                                  .eps = trace.model->config.eps,
                                  .centred = weights.norm1.centred});
  constexpr int kRows = 128;  // between two looks at the stop token
  for (int row = 0; row < tokens; row += kRows) {
    if (stop.stop_requested()) throw Cancelled();
    linear(trace.settings.rounded().qkv, behind ? input.view() : normed.view(), weights.qkv,
           {.bias = trace.settings.qkv_bias}, {queries.span(), keys.span(), values.span()},
           {row, std::min(tokens, row + kRows), 0, -1});
  }
  return values;
}

BlockTokens block_tokens(const Trace& trace, int block, TokenKind kind, const std::stop_token& stop) {
  const BlockTrace& kept = *trace.blocks.at(static_cast<std::size_t>(block));
  switch (kind) {
    case TokenKind::output:
      return {trace.hidden(block).view(), {}};
    case TokenKind::queries:
      return {kept.q.view(), {}};
    case TokenKind::keys:
      return {kept.k.view(), {}};
    case TokenKind::values:
      break;
  }
  Matrix values = block_values(trace, block, stop);
  const MatrixView view = values.view();
  return {view, std::move(values)};
}

double token_floats(const Trace& trace, TokenKind kind) {
  const double floats = static_cast<double>(trace.grid.tokens()) * trace.model->config.channels;
  return kind == TokenKind::values ? floats * trace.model->config.channels / 10 : floats;
}

std::string refused_without_tokens(const Trace& trace) {
  if (trace.blocks.empty()) return "The pass kept no tokens; run it again with queries and keys kept.";
  const bool whole =
      static_cast<int>(trace.blocks.size()) == trace.model->config.depth && trace.output.rows() == trace.grid.tokens();
  return whole ? "" : "The pass ended before the last block's output; run all of it.";
}

double cosine(const float* a, const float* b, int channels) {
  const double lengths = length(a, channels) * length(b, channels);
  return lengths > 0 ? dot(a, b, channels) / lengths : 0;
}

double length(const float* a, int channels) {
  return std::sqrt(dot(a, a, channels));
}

std::vector<float> cosines(MatrixView tokens, const float* with) {
  std::vector<float> row;
  row.reserve(static_cast<std::size_t>(tokens.rows));
  for (int t = 0; t < tokens.rows; ++t) row.push_back(static_cast<float>(cosine(tokens.row(t), with, tokens.cols)));
  return row;
}

std::vector<float> cosines(MatrixView tokens, int query) {
  return cosines(tokens, tokens.row(query));
}

std::string kind_phrase(TokenKind kind, int block) {
  const char* const names[] = {"outputs", "queries", "keys", "values"};
  return std::string("the ") + names[static_cast<std::size_t>(kind)] + " of block " + std::to_string(block);
}

float median(std::vector<float> values) {
  assert(!values.empty());
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

}  // namespace vit
