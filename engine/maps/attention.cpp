#include "engine/maps/attention.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <memory>

#include "engine/kernels/kernels.h"
#include "engine/network/dropout.h"
#include "engine/network/relative_bias.h"
#include "engine/network/talking_heads.h"

namespace vit {
namespace {

/// One head of a trace's block.
struct Head {
  Head(const Trace& trace_, int block_, int head_, const RelativeBias* bias_)
      : trace(trace_),
        bias(bias_),
        kept(*trace_.blocks.at(static_cast<std::size_t>(block_))),
        table(trace_.model->patch_embed.table()),
        block(block_),
        head(head_),
        tokens(trace_.grid.tokens()),
        dim(kept.q.cols() / trace_.settings.heads(block_)) {
    assert(head >= 0 && (head + 1) * dim <= kept.q.cols());
  }

  const Trace& trace;
  const RelativeBias* bias;  // or none
  const BlockTrace& kept;
  const KernelTable& table;
  int block, head, tokens, dim;

  const float* q(int token) const { return kept.q.row(token) + head * dim; }
  const float* k(int token) const { return kept.k.row(token) + head * dim; }
  float scale() const { return static_cast<float>(1.0 / std::sqrt(static_cast<double>(dim))); }
  float scale_of_softmax() const { return bias != nullptr ? 1.f : scale(); }
  bool has_map() const { return kept.map_heads > 0; }

  void drop(int query, float* p) const {
    const float rate = trace.settings.active_attn_drop();
    if (rate > 0.f) dropout_row(attn_drop_key(trace.settings.seed, block, head, query), rate, p, p, tokens);
  }
};

/// What the block's attention adds to its scores, where it has to be computed again.
std::unique_ptr<const RelativeBias> bias_of(const Trace& trace, int block) {
  const BlockTrace& kept = *trace.blocks.at(static_cast<std::size_t>(block));
  if (trace.model->config.relative_bias == ModelConfig::RelativeBias::none || kept.map_heads > 0) return nullptr;
  return std::make_unique<const RelativeBias>(*trace.model, trace.grid, block, trace.settings.heads(block));
}

/// One row of probabilities into `p`, which has room for `tokens` rounded up to whole lines.
void probabilities(const Head& at, int query, float* p) {
  assert(query >= 0 && query < at.tokens);
  if (at.has_map()) {
    const float* map = at.kept.map(at.head) + query * at.kept.map_stride;
    std::copy(map, map + at.tokens, p);
    return;
  }
  // The keys times the query as a single column sums in the same order as the forward pass does, to the last bit.
  const int panel = at.table.panel;
  const AlignedFloats column = allocate_floats(at.table.packed_floats(1, at.dim));
  at.table.pack(at.q(query), at.dim, 1, at.dim, column.get());
  at.table.gemm({.a = at.k(0),
                 .a_stride = at.kept.k.stride(),
                 .b = column.get(),
                 .panel_stride = static_cast<std::ptrdiff_t>(at.dim) * panel,
                 .k_stride = panel,
                 .depth = at.dim,
                 .columns = 1,
                 .row_begin = 0,
                 .row_end = at.tokens,
                 .panel_begin = 0,
                 .panel_end = 1,
                 .c = p,
                 .c_stride = 1});
  if (at.bias != nullptr) at.bias->add(at.head, query, at.scale(), p);
  at.table.softmax({p, Matrix::padded_stride(at.tokens), 0, 1, at.tokens, at.scale_of_softmax()});
}

/// Rows of a head, computed as the forward pass does.
/// q·kᵀ of `count` queries. `keys`: room for the packed keys of a head.
void products(const Head& at, int first, int count, float* keys, float* to, std::ptrdiff_t to_stride) {
  const int panel = at.table.panel;
  at.table.pack(at.k(0), at.kept.k.stride(), at.tokens, at.dim, keys);
  at.table.gemm({.a = at.q(first),
                 .a_stride = at.kept.q.stride(),
                 .b = keys,
                 .panel_stride = static_cast<std::ptrdiff_t>(at.dim) * panel,
                 .k_stride = panel,
                 .depth = at.dim,
                 .columns = at.tokens,
                 .row_begin = 0,
                 .row_end = count,
                 .panel_begin = 0,
                 .panel_end = (at.tokens + panel - 1) / panel,
                 .c = to,
                 .c_stride = to_stride});
}

Matrix some_probabilities(const Head& at, int first, int count) {
  assert(first >= 0 && count >= 0 && first + count <= at.tokens);
  if (at.has_map())
    return Matrix({at.kept.map(at.head) + first * at.kept.map_stride, count, at.tokens, at.kept.map_stride});
  const AlignedFloats keys = allocate_floats(at.table.packed_floats(at.tokens, at.dim));
  Matrix p(count, at.tokens);
  products(at, first, count, keys.get(), p.row(0), p.stride());
  for (int row = 0; at.bias != nullptr && row < count; ++row)
    at.bias->add(at.head, first + row, at.scale(), p.row(row));
  at.table.softmax({p.row(0), p.stride(), 0, count, at.tokens, at.scale_of_softmax()});
  return p;
}

/// Talking heads need each other's scores: `count` rows of every head, one head's behind the other's. Only where the
/// trace keeps no maps of them.
Matrix talking_probabilities(const Trace& trace, int block, int first, int count) {
  const BlockWeights& weights = trace.model->blocks[static_cast<std::size_t>(block)];
  const int heads = trace.settings.heads(block);
  const Head any(trace, block, 0, nullptr);
  const AlignedFloats keys = allocate_floats(any.table.packed_floats(any.tokens, any.dim));
  Matrix p(heads * count, any.tokens);
  for (int head = 0; head < heads; ++head) {
    const Head at(trace, block, head, nullptr);
    products(at, first, count, keys.get(), p.row(head * count), p.stride());
  }
  const HeadRows rows = {p.row(0), count * p.stride(), p.stride(), heads, count, any.tokens};
  mix_heads(*weights.mix_scores, any.scale(), rows, rows);
  any.table.softmax({p.row(0), p.stride(), 0, heads * count, any.tokens, 1.f});
  return p;
}

bool talks(const Trace& trace, int block) {
  return trace.model->config.talking_heads && trace.blocks.at(static_cast<std::size_t>(block))->map_heads == 0;
}

constexpr Choice<Stage> kStages[] = {
    {Stage::softmax, "softmax", "softmax", "The probabilities that the softmax gives: each row sums to 1."},
    {Stage::after_dropout, "after_dropout", "after dropout", "What attn_drop leaves of them, in training mode."},
};

int heads_of(const Trace& trace, int block) {
  return trace.settings.heads(block);
}

}  // namespace

std::span<const Choice<Stage>> choices(Stage) {
  return kStages;
}

std::vector<float> attention_row(const Trace& trace, int block, int head, int query, Stage stage) {
  const auto bias = bias_of(trace, block);
  const Head at(trace, block, head, bias.get());
  std::vector<float> row(static_cast<std::size_t>(Matrix::padded_stride(at.tokens)));
  if (talks(trace, block))
    std::copy_n(talking_probabilities(trace, block, query, 1).row(head), at.tokens, row.begin());
  else
    probabilities(at, query, row.data());
  if (stage == Stage::after_dropout) at.drop(query, row.data());
  row.resize(static_cast<std::size_t>(at.tokens));
  return row;
}

Matrix attention_rows(const Trace& trace, int block, int query, Stage stage) {
  const int heads = heads_of(trace, block);
  const auto bias = bias_of(trace, block);
  const bool talk = talks(trace, block);
  Matrix rows = talk ? talking_probabilities(trace, block, query, 1) : Matrix(heads, trace.grid.tokens());
  for (int head = 0; head < heads; ++head) {
    const Head at(trace, block, head, bias.get());
    if (!talk) probabilities(at, query, rows.row(head));
    if (stage == Stage::after_dropout) at.drop(query, rows.row(head));
  }
  return rows;
}

double floats_read(const Trace& trace, int block) {
  const BlockTrace& kept = *trace.blocks.at(static_cast<std::size_t>(block));
  const double tokens = trace.grid.tokens();
  return tokens * (kept.map_heads > 0 ? kept.map_heads : kept.k.cols());
}

std::vector<float> attention_column(const Trace& trace, int block, int head, int key, Stage stage) {
  assert(key >= 0 && key < trace.grid.tokens());
  const Matrix map = attention_head(trace, block, head, stage);
  std::vector<float> column(static_cast<std::size_t>(map.rows()));
  for (int query = 0; query < map.rows(); ++query) column[static_cast<std::size_t>(query)] = map(query, key);
  return column;
}

Matrix attention_columns(const Trace& trace, int block, int key, Stage stage) {
  const int heads = heads_of(trace, block);
  Matrix columns(heads, trace.grid.tokens());
  for (int head = 0; head < heads; ++head) {
    const std::vector<float> column = attention_column(trace, block, head, key, stage);
    std::copy(column.begin(), column.end(), columns.row(head));
  }
  return columns;
}

Matrix attention_head(const Trace& trace, int block, int head, Stage stage) {
  return attention_part(trace, block, head, 0, trace.grid.tokens(), stage);
}

Matrix attention_part(const Trace& trace, int block, int head, int first, int count, Stage stage) {
  const auto bias = bias_of(trace, block);
  const Head at(trace, block, head, bias.get());
  Matrix map;
  if (talks(trace, block)) {
    const Matrix all = talking_probabilities(trace, block, first, count);
    map = Matrix(MatrixView{all.row(head * count), count, at.tokens, all.stride()});
  } else {
    map = some_probabilities(at, first, count);
  }
  if (stage == Stage::after_dropout) {
    for (int row = 0; row < count; ++row) at.drop(first + row, map.row(row));
  }
  return map;
}

std::vector<float> attention_mean(const Trace& trace, int block, int query, Stage stage) {
  const Matrix rows = attention_rows(trace, block, query, stage);
  std::vector<float> mean(static_cast<std::size_t>(rows.cols()));
  for (int head = 0; head < rows.rows(); ++head) {
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += rows.row(head)[i];
  }
  for (float& value : mean) value /= static_cast<float>(rows.rows());
  return mean;
}

std::vector<float> attention_max(const Trace& trace, int block, int query, Stage stage) {
  const Matrix rows = attention_rows(trace, block, query, stage);
  std::vector<float> largest(rows.row_span(0).begin(), rows.row_span(0).end());
  for (int head = 1; head < rows.rows(); ++head) {
    for (std::size_t i = 0; i < largest.size(); ++i) largest[i] = std::max(largest[i], rows.row(head)[i]);
  }
  return largest;
}

}  // namespace vit
