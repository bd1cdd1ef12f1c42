#include "engine/network/windows.h"

#include <algorithm>
#include <cassert>

namespace vit {

Windows::Windows(const TokenGrid& grid, int side)
    : grid_(grid), side_(side), down_((grid.rows + side - 1) / side), across_((grid.cols + side - 1) / side) {
  assert(side > 0 && grid.prefix == 0);
}

Window Windows::at(int index) const {
  const int top = index / across_ * side_, left = index % across_ * side_;
  return {top, left, std::min(side_, grid_.rows - top), std::min(side_, grid_.cols - left)};
}

int Windows::of_token(int token) const {
  return token / grid_.cols / side_ * across_ + token % grid_.cols / side_;
}

int Windows::place_of(int token) const {
  return token / grid_.cols % side_ * side_ + token % grid_.cols % side_;
}

int Windows::token_at(int index, int row, int col) const {
  const Window window = at(index);
  if (row >= window.rows || col >= window.cols) return -1;
  return grid_.token_of(window.top + row, window.left + col);
}

void Windows::gather(int index, MatrixView tokens, const float* padding, MatrixSpan places) const {
  for (int place = 0; place < this->places(); ++place) {
    const int token = token_at(index, place / side_, place % side_);
    if (token >= 0)
      std::copy_n(tokens.row(token), places.cols, places.row(place));
    else if (padding != nullptr)
      std::copy_n(padding, places.cols, places.row(place));
    else
      std::fill_n(places.row(place), places.cols, 0.f);
  }
}

TokenGrid grid_seen(const ModelConfig& config, const TokenGrid& grid, int block) {
  const int side = config.window(block);
  return side == 0 ? grid : TokenGrid{0, side, side};
}

bool has_padding(const ModelConfig& config, const TokenGrid& grid) {
  return std::any_of(config.windows.begin(), config.windows.end(),
                     [&](int side) { return side > 0 && Windows(grid, side).padded(); });
}

const float* padding_of(const Model& model, int block, bool qkv_bias) {
  const Linear& qkv = model.blocks[static_cast<std::size_t>(block)].qkv;
  return qkv_bias && qkv.has_bias() ? qkv.bias().data() + model.config.channels : nullptr;
}

}  // namespace vit
