#include "engine/network/attention_steps.h"

#include <algorithm>
#include <cassert>

#include "engine/network/dropout.h"

namespace vit {
namespace {

/// Rows that are rounded and multiplied at once: some tiles of the kernel, which leave room in the level-2 cache.
int rows_rounded(const Attention& at) {
  return 4 * at.table->row_block;
}

/// From one row of rounded probabilities to the next.
std::ptrdiff_t probability_pairs(const Attention& at) {
  return Matrix::padded_stride(pairs_of(at.tokens));
}

}  // namespace

Keys all_keys(const Attention& at) {
  return {0, at.tokens};
}

MatrixSpan outputs_of(const Attention& at, int head, int first, int rows) {
  return {at.out.row(first) + head * at.head_dim, rows, at.head_dim, at.out.stride};
}

float* own_pairs(const PassBuffers& buffers, const Member& member) {
  if (buffers.pairs.empty()) return nullptr;
  return buffers.pairs[static_cast<std::size_t>(member.thread())].data();
}

std::size_t pair_floats(const Attention& at) {
  return at.value_pairs != nullptr ? static_cast<std::size_t>(rows_rounded(at) * probability_pairs(at)) : 0;
}

void score(const Attention& at, MatrixView q, int head, const float* packed, Keys keys, MatrixSpan s) {
  const KernelTable& table = *at.table;
  const int depth = at.score_depth();
  assert(q.cols == depth && keys.first % table.panel == 0);
  void (*multiply)(const Gemm&) = at.score_pairs != nullptr ? at.score_pairs->gemm : table.gemm;
  multiply(
      {.a = q.data,
       .a_stride = q.stride,
       .b = packed + head * table.packed_floats(at.tokens, depth) + static_cast<std::ptrdiff_t>(keys.first) * depth,
       .panel_stride = static_cast<std::ptrdiff_t>(depth) * table.panel,
       .k_stride = table.panel,
       .depth = depth,
       .columns = keys.count,
       .row_begin = 0,
       .row_end = q.rows,
       .panel_begin = 0,
       .panel_end = (keys.count + table.panel - 1) / table.panel,
       .c = s.data,
       .c_stride = s.stride});
}

void weigh(const Attention& at, MatrixView p, const Values& v, float* pairs, MatrixSpan out, Sum sum) {
  const KernelTable& table = *at.table;
  const bool continued = sum == Sum::continued;
  Gemm product = {.a = p.data,
                  .a_stride = p.stride,
                  .b = v.data,
                  .panel_stride = table.panel,
                  .k_stride = v.stride,
                  .depth = p.cols,
                  .columns = at.head_dim,
                  .row_begin = 0,
                  .row_end = p.rows,
                  .panel_begin = 0,
                  .panel_end = (at.head_dim + table.panel - 1) / table.panel,
                  .c = out.data,
                  .c_stride = out.stride,
                  .addend = continued ? out.data : nullptr,
                  .addend_stride = out.stride};
  if (at.value_pairs == nullptr) return table.gemm(product);
  // Some rows at a time, so that their pairs are still near when they are multiplied.
  product.depth = pairs_of(p.cols);
  product.a = pairs;
  product.a_stride = Matrix::padded_stride(product.depth);
  const int step = rows_rounded(at);
  for (int first = 0; first < p.rows; first += step) {
    product.row_end = std::min(step, p.rows - first);
    for (int r = 0; r < product.row_end; ++r)
      at.value_pairs->pair(p.row(first + r), p.cols, pairs + r * product.a_stride);
    product.c = out.row(first);
    product.addend = continued ? product.c : nullptr;
    at.value_pairs->gemm(product);
  }
}

void drop(const Attention& at, int head, int first_row, int rows, const float* p, float* dropped) {
  for (int r = 0; r < rows; ++r) {
    dropout_row(attn_drop_key(at.seed, at.block, head, first_row + r), at.drop, p + r * at.map_stride,
                dropped + r * at.map_stride, at.tokens);
  }
}

}  // namespace vit
