#include "engine/network/attention_steps.h"

#include <algorithm>

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

/// The product of `rows` rows of `count` floats, rounded to pairs some rows at a time. `product` has all but its left
/// side and the rows.
void multiply_rounded(const Bf16Kernels& bf16, Gemm product, MatrixView x, float* pairs, std::ptrdiff_t stride,
                      int step) {
  float* const c = product.c;
  product.a = pairs;
  product.a_stride = stride;
  for (int first = 0; first < x.rows; first += step) {
    product.row_end = std::min(step, x.rows - first);
    for (int r = 0; r < product.row_end; ++r) bf16.pair(x.row(first + r), x.cols, pairs + r * stride);
    product.c = c + first * product.c_stride;
    bf16.gemm(product);
  }
}

}  // namespace

std::size_t pair_floats(const Attention& at) {
  std::ptrdiff_t floats = 0;
  if (at.score_pairs != nullptr)
    floats = std::max(rows_rounded(at), at.table->panel) * std::ptrdiff_t{at.score_depth()};
  if (at.value_pairs != nullptr) floats = std::max(floats, rows_rounded(at) * probability_pairs(at));
  return static_cast<std::size_t>(floats);
}

void score(const Attention& at, const float* q, std::ptrdiff_t q_stride, int head, const float* packed, float* pairs,
           float* s, int rows) {
  const KernelTable& table = *at.table;
  const int depth = at.score_depth();
  const Gemm product = {.a = q,
                        .a_stride = q_stride,
                        .b = packed + head * table.packed_floats(at.tokens, depth),
                        .panel_stride = static_cast<std::ptrdiff_t>(depth) * table.panel,
                        .k_stride = table.panel,
                        .depth = depth,
                        .columns = at.tokens,
                        .row_begin = 0,
                        .row_end = rows,
                        .panel_begin = 0,
                        .panel_end = (at.tokens + table.panel - 1) / table.panel,
                        .c = s,
                        .c_stride = at.map_stride};
  if (at.score_pairs == nullptr) return table.gemm(product);
  multiply_rounded(*at.score_pairs, product, {q, rows, at.head_dim, q_stride}, pairs, depth, rows_rounded(at));
}

void weigh(const Attention& at, const float* p, const Values& v, float* pairs, float* out, std::ptrdiff_t out_stride,
           int rows) {
  const KernelTable& table = *at.table;
  const Gemm product = {.a = p,
                        .a_stride = at.map_stride,
                        .b = v.data,
                        .panel_stride = table.panel,
                        .k_stride = v.stride,
                        .depth = at.value_pairs != nullptr ? pairs_of(at.tokens) : at.tokens,
                        .columns = at.head_dim,
                        .row_begin = 0,
                        .row_end = rows,
                        .panel_begin = 0,
                        .panel_end = (at.head_dim + table.panel - 1) / table.panel,
                        .c = out,
                        .c_stride = out_stride};
  if (at.value_pairs == nullptr) return table.gemm(product);
  multiply_rounded(*at.value_pairs, product, {p, rows, at.tokens, at.map_stride}, pairs, probability_pairs(at),
                   rows_rounded(at));
}

void drop(const Attention& at, int head, int first_row, int rows, const float* p, float* dropped) {
  for (int r = 0; r < rows; ++r) {
    dropout_row(attn_drop_key(at.seed, at.block, head, first_row + r), at.drop, p + r * at.map_stride,
                dropped + r * at.map_stride, at.tokens);
  }
}

}  // namespace vit
