#include "engine/network/relative_bias.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "engine/network/position.h"

namespace vit {
namespace {

/// Those that lead to the class token or from it.
constexpr int kOfClassToken = 3;

/// (h, ways): what each head takes of the trained heads' numbers.
Matrix of_heads(const Matrix& ways, int channels, int heads) {
  const int trained = ways.cols(), width = channels / heads, trained_width = channels / trained;
  Matrix result(heads, ways.rows());
  for (int head = 0; head < heads; ++head) {
    for (int from = 0; from < trained; ++from) {
      const int begin = std::max(head * width, from * trained_width);
      const int end = std::min((head + 1) * width, (from + 1) * trained_width);
      if (begin >= end) continue;
      const float share = static_cast<float>(end - begin) / static_cast<float>(width);
      for (int way = 0; way < ways.rows(); ++way) result(head, way) += share * ways(way, from);
    }
  }
  return result;
}

}  // namespace

Matrix relative_ways(const Model& model, const TokenGrid& grid, int block) {
  const ModelConfig& config = model.config;
  const bool shared = config.relative_bias == ModelConfig::RelativeBias::shared;
  const Matrix& stored = shared ? model.relative_bias : model.blocks[static_cast<std::size_t>(block)].relative_bias;
  assert(stored.rows() > kOfClassToken);
  if (grid.rows == config.grid_height && grid.cols == config.grid_width) return Matrix(stored.view());
  MatrixView between = stored.view();
  between.rows -= kOfClassToken;
  const Matrix resampled =
      resample_grid(between, 2 * config.grid_height - 1, 2 * config.grid_width - 1, 2 * grid.rows - 1,
                    2 * grid.cols - 1, PositionRule{.antialias = false, .bicubic = false});
  Matrix ways(resampled.rows() + kOfClassToken, stored.cols());
  const std::size_t bytes = sizeof(float) * static_cast<std::size_t>(stored.cols());
  for (int way = 0; way < resampled.rows(); ++way) std::memcpy(ways.row(way), resampled.row(way), bytes);
  for (int way = 0; way < kOfClassToken; ++way)
    std::memcpy(ways.row(resampled.rows() + way), stored.row(between.rows + way), bytes);
  return ways;
}

RelativeBias::RelativeBias(const Model& model, const TokenGrid& grid, int block, int heads)
    : rows_(grid.rows),
      cols_(grid.cols),
      prefix_(grid.prefix),
      ways_(of_heads(relative_ways(model, grid, block), model.config.channels, heads)) {
  assert(grid.prefix <= 1);
  for (int head = 0; head < heads; ++head)
    std::reverse(ways_.row(head), ways_.row(head) + ways_.cols() - kOfClassToken);
}

void RelativeBias::add(int head, int query, const float* /*q*/, float scale, float* scores) const {
  const float* ways = ways_.row(head);
  const int between = ways_.cols() - kOfClassToken, across = 2 * cols_ - 1;
  const float* class_token = ways + between;
  const int patches = rows_ * cols_;
  float* patch_scores = scores + prefix_;
  if (query < prefix_) {
    scores[0] = scale * scores[0] + class_token[2];
    for (int key = 0; key < patches; ++key) patch_scores[key] = scale * patch_scores[key] + class_token[0];
    return;
  }
  if (prefix_ > 0) scores[0] = scale * scores[0] + class_token[1];
  const int row = (query - prefix_) / cols_, col = (query - prefix_) % cols_;
  for (int key_row = 0; key_row < rows_; ++key_row) {
    const float* from = ways + between - 1 - ((row - key_row + rows_ - 1) * across + col + cols_ - 1);
    float* to = patch_scores + static_cast<std::ptrdiff_t>(key_row) * cols_;
    for (int key_col = 0; key_col < cols_; ++key_col) to[key_col] = scale * to[key_col] + from[key_col];
  }
}

}  // namespace vit
