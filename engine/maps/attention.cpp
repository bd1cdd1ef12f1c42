#include "engine/maps/attention.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <memory>

#include "engine/kernels/kernels.h"
#include "engine/network/bf16_scores.h"
#include "engine/network/dropout.h"
#include "engine/network/score_term.h"
#include "engine/network/talking_heads.h"

namespace vit {
namespace {

/// One head of a trace's block.
struct Head {
  Head(const Trace& trace_, int block_, int head_, const ScoreTerm* term_)
      : trace(trace_),
        term(term_),
        kept(*trace_.blocks.at(static_cast<std::size_t>(block_))),
        table(trace_.model->patch_embed.table()),
        block(block_),
        head(head_),
        tokens(trace_.grid.tokens()),
        window(trace_.model->config.window(block_)),
        keys(trace_.model->config.keys_seen(block_, tokens)),
        dim(kept.q.cols() / trace_.settings.heads(block_)) {
    assert(head >= 0 && (head + 1) * dim <= kept.q.cols());
    if (!has_map()) factors = head_factors(trace, block, head);
  }

  const Trace& trace;
  const ScoreTerm* term;  // or none
  const BlockTrace& kept;
  const KernelTable& table;
  int block, head, tokens;
  int window;  // its side, or 0
  int keys;    // that a query looks at: all tokens, or the places of a window
  int dim;
  HeadFactors factors;  // where the map is not kept

  const float* q(int token) const { return kept.q.row(token) + head * dim; }
  /// Some queries as the scores see them.
  MatrixView queries(int first, int count) const { return {factors.q.row(first), count, dim, factors.q.stride}; }
  float scale() const { return static_cast<float>(1.0 / std::sqrt(static_cast<double>(dim))); }
  float scale_of_softmax() const { return term != nullptr ? 1.f : scale(); }
  bool has_map() const { return kept.map_heads > 0; }

  void drop(int query, float* p) const {
    const float rate = trace.settings.active_attn_drop();
    if (rate > 0.f) dropout_row(attn_drop_key(trace.settings.seed, block, head, query), rate, p, p, keys);
  }
};

/// What the block's attention adds to its scores, where it has to be computed again.
std::shared_ptr<const ScoreTerm> term_of(const Trace& trace, int block) {
  if (trace.blocks.at(static_cast<std::size_t>(block))->map_heads > 0) return nullptr;
  return score_term(*trace.model, trace.grid, block, trace.settings.heads(block));
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
  at.table.pack(at.factors.q.row(query), at.dim, 1, at.dim, column.get());
  at.table.gemm({.a = at.factors.k.data,
                 .a_stride = at.factors.k.stride,
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
  if (at.term != nullptr) at.term->add(at.head, query, at.q(query), at.scale(), p);
  at.table.softmax({p, Matrix::padded_stride(at.tokens), 0, 1, at.tokens, at.scale_of_softmax()});
}

/// q·kᵀ of some queries as the forward pass computes it. `packed`: room for the packed keys.
void products(const Head& at, MatrixView q, MatrixView k, float* packed, MatrixSpan to) {
  const int panel = at.table.panel;
  at.table.pack(k.data, k.stride, k.rows, at.dim, packed);
  at.table.gemm({.a = q.data,
                 .a_stride = q.stride,
                 .b = packed,
                 .panel_stride = static_cast<std::ptrdiff_t>(at.dim) * panel,
                 .k_stride = panel,
                 .depth = at.dim,
                 .columns = k.rows,
                 .row_begin = 0,
                 .row_end = q.rows,
                 .panel_begin = 0,
                 .panel_end = (k.rows + panel - 1) / panel,
                 .c = to.data,
                 .c_stride = to.stride});
}

Matrix some_probabilities(const Head& at, int first, int count) {
  assert(first >= 0 && count >= 0 && first + count <= at.tokens);
  if (at.has_map())
    return Matrix({at.kept.map(at.head) + first * at.kept.map_stride, count, at.tokens, at.kept.map_stride});
  const AlignedFloats packed = allocate_floats(at.table.packed_floats(at.tokens, at.dim));
  Matrix p(count, at.tokens);
  products(at, at.queries(first, count), at.factors.k, packed.get(), p.span());
  for (int row = 0; at.term != nullptr && row < count; ++row)
    at.term->add(at.head, first + row, at.q(first + row), at.scale(), p.row(row));
  at.table.softmax({p.row(0), p.stride(), 0, count, at.tokens, at.scale_of_softmax()});
  return p;
}

/// Rows of a head over the places of each query's window: (count, places).
Matrix window_probabilities(const Head& at, int first, int count) {
  if (at.has_map())
    return Matrix({at.kept.map(at.head) + first * at.kept.map_stride, count, at.keys, at.kept.map_stride});
  const Windows windows(at.trace.grid, at.window);
  const float* padding = padding_of(*at.trace.model, at.block, at.trace.settings.qkv_bias);
  if (padding != nullptr) padding += at.head * at.dim;
  const AlignedFloats packed = allocate_floats(at.table.packed_floats(at.keys, at.dim));
  Matrix p(count, at.keys), keys(at.keys, at.dim), q(at.keys, at.dim), scores(at.keys, at.keys);
  for (int window = 0; window < windows.count(); ++window) {
    std::vector<int> tokens;
    for (int place = 0; place < at.keys; ++place) {
      const int token = windows.token_at(window, place / at.window, place % at.window);
      if (token < first || token >= first + count) continue;
      std::copy_n(at.q(token), at.dim, q.row(static_cast<int>(tokens.size())));
      tokens.push_back(token);
    }
    if (tokens.empty()) continue;
    const auto queries = static_cast<int>(tokens.size());
    windows.gather(window, at.factors.k, padding, keys.span());
    products(at, {q.row(0), queries, at.dim, q.stride()}, keys.view(), packed.get(), scores.span());
    for (int i = 0; at.term != nullptr && i < queries; ++i)
      at.term->add(at.head, windows.place_of(tokens[static_cast<std::size_t>(i)]), q.row(i), at.scale(), scores.row(i));
    at.table.softmax({scores.row(0), scores.stride(), 0, queries, at.keys, at.scale_of_softmax()});
    for (int i = 0; i < queries; ++i)
      std::copy_n(scores.row(i), at.keys, p.row(tokens[static_cast<std::size_t>(i)] - first));
  }
  return p;
}

/// The same over all tokens, with 0 outside the window: what goes to padding is in no column. (count, N)
Matrix spread_out(const Head& at, int first, const Matrix& places) {
  const Windows windows(at.trace.grid, at.window);
  Matrix p(places.rows(), at.tokens);
  for (int row = 0; row < places.rows(); ++row) {
    const int window = windows.of_token(first + row);
    const Window own = windows.at(window);
    for (int r = 0; r < own.rows; ++r)
      std::copy_n(places.row(row) + r * at.window, own.cols, p.row(row) + windows.token_at(window, r, 0));
  }
  return p;
}

Matrix windowed(const Head& at, int first, int count, Stage stage) {
  Matrix places = window_probabilities(at, first, count);
  if (stage == Stage::after_dropout)
    for (int row = 0; row < count; ++row) at.drop(first + row, places.row(row));
  return spread_out(at, first, places);
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
    products(at, at.queries(first, count), at.factors.k, keys.get(),
             {p.row(head * count), count, at.tokens, p.stride()});
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
  const auto term = term_of(trace, block);
  const Head at(trace, block, head, term.get());
  if (at.window > 0) {
    const Matrix one = windowed(at, query, 1, stage);
    return {one.row(0), one.row(0) + at.tokens};
  }
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
  const auto term = term_of(trace, block);
  const bool talk = talks(trace, block);
  Matrix rows = talk ? talking_probabilities(trace, block, query, 1) : Matrix(heads, trace.grid.tokens());
  for (int head = 0; head < heads; ++head) {
    const Head at(trace, block, head, term.get());
    if (at.window > 0) {
      std::copy_n(windowed(at, query, 1, stage).row(0), at.tokens, rows.row(head));
      continue;
    }
    if (!talk) probabilities(at, query, rows.row(head));
    if (stage == Stage::after_dropout) at.drop(query, rows.row(head));
  }
  return rows;
}

std::optional<Window> window_around(const Trace& trace, int block, int query) {
  const int side = trace.model->config.window(block);
  if (side == 0) return std::nullopt;
  const Windows windows(trace.grid, side);
  return windows.at(windows.of_token(query));
}

double floats_read(const Trace& trace, int block) {
  const BlockTrace& kept = *trace.blocks.at(static_cast<std::size_t>(block));
  const double tokens = trace.model->config.keys_seen(block, trace.grid.tokens());
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
  const auto term = term_of(trace, block);
  const Head at(trace, block, head, term.get());
  if (at.window > 0) return windowed(at, first, count, stage);
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
