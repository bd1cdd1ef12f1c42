#include "engine/network/attention_steps.h"

#include "engine/network/dropout.h"

namespace vit {

void score(const Attention& at, const float* q, std::ptrdiff_t q_stride, int head, const float* packed, float* s,
           int rows) {
  const KernelTable& table = *at.table;
  table.gemm({.a = q,
              .a_stride = q_stride,
              .b = packed + head * table.packed_floats(at.tokens, at.head_dim),
              .panel_stride = static_cast<std::ptrdiff_t>(at.head_dim) * table.panel,
              .k_stride = table.panel,
              .depth = at.head_dim,
              .columns = at.tokens,
              .row_begin = 0,
              .row_end = rows,
              .panel_begin = 0,
              .panel_end = (at.tokens + table.panel - 1) / table.panel,
              .c = s,
              .c_stride = at.map_stride});
}

void weigh(const Attention& at, const float* p, const float* v, std::ptrdiff_t v_stride, float* out,
           std::ptrdiff_t out_stride, int rows) {
  const KernelTable& table = *at.table;
  table.gemm({.a = p,
              .a_stride = at.map_stride,
              .b = v,
              .panel_stride = table.panel,
              .k_stride = v_stride,
              .depth = at.tokens,
              .columns = at.head_dim,
              .row_begin = 0,
              .row_end = rows,
              .panel_begin = 0,
              .panel_end = (at.head_dim + table.panel - 1) / table.panel,
              .c = out,
              .c_stride = out_stride});
}

void drop(const Attention& at, int head, int first_row, int rows, const float* p, float* dropped) {
  for (int r = 0; r < rows; ++r) {
    dropout_row(attn_drop_key(at.seed, at.block, head, first_row + r), at.drop, p + r * at.map_stride,
                dropped + r * at.map_stride, at.tokens);
  }
}

}  // namespace vit
