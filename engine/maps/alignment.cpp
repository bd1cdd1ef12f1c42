#include "engine/maps/alignment.h"

#include <algorithm>
#include <cmath>

namespace vit {
namespace {

constexpr Box kWhole{0, 0, 1, 1};

/// What a token in front of the patches is: 0 the class token, 1 the distillation token, 2 and on the registers.
int kind_of(int token, const ModelConfig& config) {
  if (config.class_token && token == 0) return 0;
  const int behind = token - (config.class_token ? 1 : 0);
  if (config.distillation_token && behind == 0) return 1;
  return 2 + behind - (config.distillation_token ? 1 : 0);
}

}  // namespace

Alignment::Alignment(const Subject& subject)
    : subject_(subject),
      box_(subject.same_photo ? subject.trace->pixels->box : kWhole),
      other_box_(subject.same_photo ? subject.other->pixels->box : kWhole) {
  const TokenGrid &grid = subject_.trace->grid, &other = subject_.other->grid;
  same_grid_ = grid.rows == other.rows && grid.cols == other.cols && box_ == other_box_;
  rows_ = overlaps(box_.y, box_.height, grid.rows, other_box_.y, other_box_.height, other.rows);
  cols_ = overlaps(box_.x, box_.width, grid.cols, other_box_.x, other_box_.width, other.cols);
  constexpr double kLeast = 0.5 - 1e-9;  // of a patch
  seen_.reserve(static_cast<std::size_t>(grid.rows) * grid.cols);
  for (const Overlap& row : rows_)
    for (const Overlap& col : cols_) seen_.push_back(same_grid_ || row.covered * col.covered >= kLeast);
}

std::vector<Alignment::Overlap> Alignment::overlaps(double from, double extent, int count, double other_from,
                                                    double other_extent, int other_count) {
  const double size = extent / count, other_size = other_extent / other_count;
  std::vector<Overlap> all(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const double low = from + i * size, high = from + (i + 1) * size;
    Overlap& one = all[static_cast<std::size_t>(i)];
    const int first = std::max(0, static_cast<int>(std::floor((low - other_from) / other_size)));
    for (int j = first; j < other_count; ++j) {
      const double other_low = other_from + j * other_size, other_high = other_from + (j + 1) * other_size;
      if (other_low >= high) break;
      const double share = (std::min(high, other_high) - std::max(low, other_low)) / size;
      if (share <= 1e-12) continue;
      one.parts.emplace_back(j, share);
      one.covered += share;
    }
  }
  return all;
}

int Alignment::block(int block) const {
  return std::min(block, static_cast<int>(subject_.other->blocks.size()) - 1);
}

std::optional<int> Alignment::token(int token) const {
  const TokenGrid &grid = subject_.trace->grid, &other = subject_.other->grid;
  const ModelConfig &config = subject_.trace->model->config, &other_config = subject_.other->model->config;
  if (token < grid.prefix) {
    const int kind = kind_of(token, config);
    for (int there = 0; there < other.prefix; ++there)
      if (kind_of(there, other_config) == kind) return there;
    return std::nullopt;
  }
  const int patch = token - grid.prefix, own_row = patch / grid.cols, own_col = patch % grid.cols;
  const double y = box_.y + (own_row + 0.5) / grid.rows * box_.height;
  const double x = box_.x + (own_col + 0.5) / grid.cols * box_.width;
  const auto index = [](double at, double from, double extent, int count) {
    return static_cast<int>(std::floor((at - from) / extent * count));
  };
  const int row = index(y, other_box_.y, other_box_.height, other.rows);
  const int col = index(x, other_box_.x, other_box_.width, other.cols);
  if (row < 0 || col < 0 || row >= other.rows || col >= other.cols) return std::nullopt;
  return other.token_of(row, col);
}

std::vector<float> Alignment::on_grid_of_a(std::span<const float> map) const {
  if (same_grid_) return {map.begin(), map.end()};
  const int cols = subject_.other->grid.cols;
  std::vector<float> values;
  values.reserve(seen_.size());
  for (const Overlap& row : rows_)
    for (const Overlap& col : cols_) {
      double sum = 0;
      for (const auto& [r, of_row] : row.parts)
        for (const auto& [c, of_col] : col.parts)
          sum += of_row * of_col *
                 map[static_cast<std::size_t>(r) * static_cast<std::size_t>(cols) + static_cast<std::size_t>(c)];
      values.push_back(seen_[values.size()] ? static_cast<float>(sum / (row.covered * col.covered)) : 0.f);
    }
  return values;
}

int Alignment::unseen() const {
  return static_cast<int>(std::count(seen_.begin(), seen_.end(), false));
}

}  // namespace vit
