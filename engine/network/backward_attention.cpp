// The gradient through the attention of a block, head by head.
#include <algorithm>
#include <cmath>

#include "engine/network/attention_paths.h"
#include "engine/network/backward_pass.h"
#include "engine/network/dropout.h"

namespace vit {
namespace {

/// c = a·b, b packed or row-major (k_stride is then its stride, panel_stride a panel).
struct Product {
  const float* a;
  std::ptrdiff_t a_stride;
  const float* b;
  std::ptrdiff_t panel_stride, k_stride;
  int depth, columns, rows;
  float* c;
  std::ptrdiff_t c_stride;
  Share panels = {0, -1};  // -1: to the last one
};
void multiply(const KernelTable& table, const Product& p) {
  const int all = (p.columns + table.panel - 1) / table.panel;
  table.gemm({.a = p.a,
              .a_stride = p.a_stride,
              .b = p.b,
              .panel_stride = p.panel_stride,
              .k_stride = p.k_stride,
              .depth = p.depth,
              .columns = p.columns,
              .row_begin = 0,
              .row_end = p.rows,
              .panel_begin = p.panels.begin,
              .panel_end = p.panels.end < 0 ? all : p.panels.end,
              .c = p.c,
              .c_stride = p.c_stride});
}

/// One head of a block, and where its things are.
class HeadBackward {
 public:
  HeadBackward(BackwardPass& pass, int block, int head)
      : pass_(pass),
        table_(pass.table),
        kept_(pass.kept(block)),
        block_(block),
        head_(head),
        d_(pass.head_dim(block)),
        column_(head * d_),
        drop_(pass.trace.settings.active_attn_drop()) {}

  /// Rows [first, first + rows) of the probabilities before dropout: the trace's, or computed again into pass.p.
  MatrixView probabilities(int first, int rows, Meter::Lane& lane) {
    if (kept_.map_heads > 0) return {kept_.map(head_) + first * kept_.map_stride, rows, pass_.tokens, kept_.map_stride};
    float* p = pass_.p.row(first);
    multiply(table_, {.a = kept_.q.row(first) + column_,
                      .a_stride = kept_.q.stride(),
                      .b = pass_.packed_k.data() + head_ * pass_.packed_head(block_),
                      .panel_stride = static_cast<std::ptrdiff_t>(d_) * table_.panel,
                      .k_stride = table_.panel,
                      .depth = d_,
                      .columns = pass_.tokens,
                      .rows = rows,
                      .c = p,
                      .c_stride = pass_.p.stride()});
    lane.lap(Op::scores);
    float scale = pass_.scale(block_);
    if (pass_.bias) {
      for (int r = 0; r < rows; ++r) pass_.bias->add(head_, first + r, nullptr, scale, p + r * pass_.p.stride());
      scale = 1.f;
      lane.lap(Op::relative_bias);
    }
    table_.softmax({p, pass_.p.stride(), 0, rows, pass_.tokens, scale});
    lane.lap(Op::softmax);
    return {p, rows, pass_.tokens, pass_.p.stride()};
  }

  /// The same after dropout, which needs pass.p.
  MatrixView after_dropout(MatrixView p, int first, Meter::Lane& lane) {
    if (drop_ == 0.f) return p;
    for (int r = 0; r < p.rows; ++r)
      dropout_row(attn_drop_key(pass_.trace.settings.seed, block_, head_, first + r), drop_, p.row(r),
                  pass_.p.row(first + r), p.cols);
    lane.lap(Op::attn_drop);
    return {pass_.p.row(first), p.rows, p.cols, pass_.p.stride()};
  }

  /// heads = p·v
  void weigh(MatrixView p, int first, Meter::Lane& lane) {
    multiply(table_, {.a = p.data,
                      .a_stride = p.stride,
                      .b = pass_.v.row(0) + column_,
                      .panel_stride = table_.panel,
                      .k_stride = pass_.v.stride(),
                      .depth = pass_.tokens,
                      .columns = d_,
                      .rows = p.rows,
                      .c = pass_.heads.row(first) + column_,
                      .c_stride = pass_.heads.stride()});
    lane.lap(Op::attn_v);
  }

  /// dp = dheads·vᵀ, through dropout: rows of pass.dp.
  MatrixSpan gradient(int first, int rows, Meter::Lane& lane) {
    const MatrixSpan dp = {pass_.dp.row(first), rows, pass_.tokens, pass_.dp.stride()};
    multiply(table_, {.a = pass_.dheads.row(first) + column_,
                      .a_stride = pass_.dheads.stride(),
                      .b = pass_.packed_v.data() + head_ * pass_.packed_head(block_),
                      .panel_stride = static_cast<std::ptrdiff_t>(d_) * table_.panel,
                      .k_stride = table_.panel,
                      .depth = d_,
                      .columns = pass_.tokens,
                      .rows = rows,
                      .c = dp.data,
                      .c_stride = dp.stride});
    lane.lap(Op::attn_v);
    if (drop_ > 0.f) {
      for (int r = 0; r < rows; ++r)
        dropout_row(attn_drop_key(pass_.trace.settings.seed, block_, head_, first + r), drop_, dp.row(r), dp.row(r),
                    dp.cols);
      lane.lap(Op::attn_drop);
    }
    return dp;
  }

  /// From dp to the scores' gradient in its place, and on to dq.
  void to_queries(MatrixView p, MatrixSpan dp, int first, Meter::Lane& lane) {
    pass_.slopes.softmax({.p = p.data,
                          .p_stride = p.stride,
                          .dp = dp.data,
                          .dp_stride = dp.stride,
                          .row_begin = 0,
                          .row_end = dp.rows,
                          .columns = dp.cols,
                          .scale = pass_.scale(block_)});
    lane.lap(Op::softmax);
    multiply(table_, {.a = dp.data,
                      .a_stride = dp.stride,
                      .b = kept_.k.row(0) + column_,
                      .panel_stride = table_.panel,
                      .k_stride = kept_.k.stride(),
                      .depth = pass_.tokens,
                      .columns = d_,
                      .rows = dp.rows,
                      .c = pass_.dq.row(first) + column_,
                      .c_stride = pass_.dq.stride()});
    lane.lap(Op::scores);
  }

  /// dkᵀ = qᵀ·ds and dvᵀ = dheadsᵀ·p, by panels of keys; ds stands in pass.dp.
  void to_keys_and_values(const Member& member, Meter::Lane& lane) {
    const bool in_trace = kept_.map_heads > 0 && drop_ == 0.f;
    const MatrixView p = in_trace ? MatrixView{kept_.map(head_), pass_.tokens, pass_.tokens, kept_.map_stride}
                                  : MatrixView(pass_.p.view());
    const int panels = (pass_.tokens + table_.panel - 1) / table_.panel;
    const Share mine = member.share(2 * panels);
    const Share keys = {std::min(mine.begin, panels), std::min(mine.end, panels)};
    const Share values = {std::max(mine.begin, panels) - panels, std::max(mine.end, panels) - panels};
    by_columns(pass_.q_turned, pass_.dp.view(), keys, 0, pass_.dk);
    lane.lap(Op::scores);
    by_columns(pass_.dheads_turned, p, values, d_, pass_.dv);
    lane.lap(Op::attn_v);
  }

 private:
  /// to[keys, head] = (leftᵀ·right)ᵀ, left being (C, N) and right (N, N).
  void by_columns(const Matrix& left, MatrixView right, Share panels, int room_row, Matrix& to) {
    if (panels.count() <= 0) return;
    multiply(table_, {.a = left.row(column_),
                      .a_stride = left.stride(),
                      .b = right.data,
                      .panel_stride = table_.panel,
                      .k_stride = right.stride,
                      .depth = pass_.tokens,
                      .columns = pass_.tokens,
                      .rows = d_,
                      .c = pass_.dkv_turned.row(room_row),
                      .c_stride = pass_.dkv_turned.stride(),
                      .panels = panels});
    const int end = std::min(panels.end * table_.panel, pass_.tokens);
    for (int key = panels.begin * table_.panel; key < end; ++key) {
      float* out = to.row(key) + column_;
      for (int i = 0; i < d_; ++i) out[i] = pass_.dkv_turned(room_row + i, key);
    }
  }

  BackwardPass& pass_;
  const KernelTable& table_;
  const BlockTrace& kept_;
  int block_, head_, d_, column_;
  float drop_;
};

/// Rows of one head that a step works on: they stay in the level-2 cache.
int rows_per_step(const BackwardPass& pass) {
  constexpr std::ptrdiff_t kFloats = 96 << 10;
  const int tile = pass.table.row_block;
  return std::max(1, static_cast<int>(kFloats / pass.dp.stride()) / tile) * tile;
}

/// f(first, count) for steps of rows.
template <typename F>
void for_rows(const BackwardPass& pass, Share rows, F&& f) {
  const int step = rows_per_step(pass);
  for (int first = rows.begin; first < rows.end; first += step) {
    pass.meter.throw_if_stopped();
    f(first, std::min(step, rows.end - first));
  }
}

}  // namespace

void pack_for_attention(BackwardPass& pass, int block, const Member& member) {
  const KernelTable& table = pass.table;
  const int panels = (pass.tokens + table.panel - 1) / table.panel, d = pass.head_dim(block);
  const Matrix& k = pass.kept(block).k;
  const bool again = pass.kept(block).map_heads == 0;
  if (member.thread() == 0 && again && pass.model.config.relative_bias != ModelConfig::RelativeBias::none)
    pass.bias = std::make_unique<const RelativeBias>(pass.model, pass.trace.grid, block, pass.heads_of(block));
  const Share share = member.share(pass.heads_of(block) * panels);
  for (int i = share.begin; i < share.end; ++i) {
    const int head = i / panels, first = i % panels * table.panel;
    const std::size_t to = head * pass.packed_head(block) + static_cast<std::size_t>(first) * d;
    const int count = std::min(table.panel, pass.tokens - first);
    table.pack(pass.v.row(first) + head * d, pass.v.stride(), count, d, pass.packed_v.data() + to);
    if (again) table.pack(k.row(first) + head * d, k.stride(), count, d, pass.packed_k.data() + to);
  }
}

void attend_again(BackwardPass& pass, int block, Share rows, Meter::Lane& lane) {
  for (int head = 0; head < pass.heads_of(block); ++head) {
    HeadBackward at(pass, block, head);
    for_rows(pass, rows, [&](int first, int count) {
      at.weigh(at.after_dropout(at.probabilities(first, count, lane), first, lane), first, lane);
    });
    const int d = pass.head_dim(block);
    apply_factor(pass.trace.settings.blocks[static_cast<std::size_t>(block)].factor(head),
                 {pass.heads.row(rows.begin) + head * d, rows.count(), d, pass.heads.stride()});
  }
}

void attend_backward(BackwardPass& pass, int block, bool goes_on, Share rows, Member& member, Meter::Lane& lane) {
  for (int head = 0; head < pass.heads_of(block); ++head) {
    HeadBackward at(pass, block, head);
    for_rows(pass, rows, [&](int first, int count) {
      const MatrixView p = at.probabilities(first, count, lane);
      const MatrixSpan dp = at.gradient(first, count, lane);
      if (pass.hooks.head) {
        pass.hooks.head({block, head, first, p, dp});
        lane.restart();
      }
      if (!goes_on) return;
      at.to_queries(p, dp, first, lane);
      at.after_dropout(p, first, lane);
    });
    if (!goes_on) continue;
    member.sync();  // all rows of the scores' gradient are there
    lane.restart();
    at.to_keys_and_values(member, lane);
    member.sync();  // nobody reads this head's any more
    lane.restart();
  }
}

float BackwardPass::scale(int block) const {
  return static_cast<float>(1.0 / std::sqrt(static_cast<double>(head_dim(block))));
}

}  // namespace vit
