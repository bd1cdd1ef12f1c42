// Relative positions that are added to the scores: read as a table, or made by a small MLP (timm).
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/error.h"
#include "engine/checkpoint/loader.h"

namespace vit {

/// Whether an MLP makes them; then no tensor tells the grid.
bool Loader::read_relative_mlp() {
  ModelConfig& c = config();
  const auto own = tensors_.find(tensors_.in_block(names().relative_mlp1), 0, "weight");
  const auto shared = tensors_.find(names().shared_mlp1, 0, "weight");
  if (!own && !shared) return false;
  const std::string path = file_.path().string();
  if (own && shared)
    throw Error(path + " has relative positions of its blocks (\"" + *own + "\") and shared ones (\"" + *shared +
                "\"): networks with both are not supported.");
  c.relative_bias = own ? ModelConfig::RelativeBias::of_each_block : ModelConfig::RelativeBias::shared;
  const std::string second = own ? tensors_.require(tensors_.in_block(names().relative_mlp2), 0, "weight")
                                 : tensors_.require(names().shared_mlp2, 0, "weight");
  const std::int64_t heads = tensors_.linear_shape(second).first;
  if (heads < 1 || heads > c.channels || c.channels % heads != 0)
    throw Error("Tensor \"" + second + "\" of " + path + " makes relative positions for " + std::to_string(heads) +
                " heads, which do not divide the " + std::to_string(c.channels) + " channels.");
  stored_heads_ = static_cast<int>(heads);
  const int usual = detected_.family->input.input_px;
  const auto [height, width] = hints_.input_px ? hints_.input_px->value : std::pair(usual, usual);
  c.grid_height = options_.grid ? options_.grid->first : std::max(1, height / c.patch_px);
  c.grid_width = options_.grid ? options_.grid->second : std::max(1, width / c.patch_px);
  if (options_.grid) hints_.input_px = {{c.grid_height * c.patch_px, c.grid_width * c.patch_px}, "the chosen grid"};
  report().facts.push_back({"grid", std::to_string(c.grid_width) + "×" + std::to_string(c.grid_height) + " patches",
                            options_.grid     ? Source::overridden
                            : hints_.input_px ? Source::read
                                              : Source::guessed,
                            options_.grid     ? "chosen by the user"
                            : hints_.input_px ? hints_.input_px->reason
                                              : "no file says for which input its relative positions were trained "
                                                "(--grid ROWSxCOLUMNS)"});
  return true;
}

/// As relative_ways() has them: a stored table, or what timm's MLP makes of the logarithm of a way's rows and columns.
/// Where no tensor is of the class token it has zeros.
Matrix Loader::relative_table(const char* table, const char* mlp1, const char* mlp2, int block) {
  const ModelConfig& c = model_->config;
  const int rows = 2 * c.grid_height - 1, cols = 2 * c.grid_width - 1;
  Matrix ways(rows * cols + 3, c.num_heads);
  const auto first = tensors_.find(mlp1, block, "weight");
  if (!first) {
    const Matrix stored = tensors_.matrix(tensors_.require(table, block, "weight"), this->ways(), c.num_heads);
    for (int way = 0; way < stored.rows(); ++way) std::copy_n(stored.row(way), c.num_heads, ways.row(way));
    return ways;
  }
  const std::int64_t hidden = tensors_.linear_shape(*first).first;
  const std::vector<float> w1 = tensors_.vector(*first, hidden * 2);
  const std::vector<float> b1 = tensors_.vector(tensors_.require(mlp1, block, "bias"), hidden);
  const std::vector<float> w2 = tensors_.vector(tensors_.require(mlp2, block, "weight"), hidden * c.num_heads);
  const std::vector<float> b2 = tensors_.vector(tensors_.require(mlp2, block, "bias"), c.num_heads);
  const auto logarithm = [](int way) { return std::copysign(std::log1p(std::abs(static_cast<double>(way))), way); };
  std::vector<double> inner(static_cast<std::size_t>(hidden));
  for (int way = 0; way < rows * cols; ++way) {
    const double down = logarithm(way / cols - c.grid_height + 1), right = logarithm(way % cols - c.grid_width + 1);
    for (std::size_t i = 0; i < inner.size(); ++i)
      inner[i] = std::max(0.0, w1[2 * i] * down + w1[2 * i + 1] * right + b1[i]);
    for (int head = 0; head < c.num_heads; ++head) {
      double sum = b2[static_cast<std::size_t>(head)];
      for (std::size_t i = 0; i < inner.size(); ++i)
        sum += w2[static_cast<std::size_t>(head) * inner.size() + i] * inner[i];
      ways(way, head) = static_cast<float>(sum);
    }
  }
  return ways;
}

}  // namespace vit
