#include "engine/network/attention_paths.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "engine/network/attention_steps.h"
#include "engine/network/bf16_scores.h"
#include "engine/network/talking_heads.h"
#include "engine/network/window_attention.h"

namespace vit {
namespace {

/// The thread's own memory for rows in pairs, where there are any.
float* own_pairs(const PassBuffers& buffers, const Member& member) {
  if (buffers.pairs.empty()) return nullptr;
  return buffers.pairs[static_cast<std::size_t>(member.thread())].data();
}

/// Some keys less their mean, as pairs of bf16 numbers in `pairs`.
void pair_keys(const Attention& at, MatrixView keys, int first, int count, const std::vector<float>& mean,
               float* pairs) {
  std::vector<float> centred(mean.size());
  for (int r = 0; r < count; ++r) {
    subtract_mean(keys.row(first + r), mean, centred.data());
    at.score_pairs->pair(centred.data(), at.head_dim, pairs + r * at.score_depth());
  }
}

/// Packs keys into right-hand sides, `k(head)` being a head's (N, head_dim) rows: the panels of all heads are shared
/// out. `pairs` is the thread's own memory.
template <typename HeadKeys>
void pack_keys(const Attention& at, const HeadKeys& k, float* packed, float* pairs, const Member& member) {
  const KernelTable& table = *at.table;
  const int depth = at.score_depth();
  const int panels = (at.tokens + table.panel - 1) / table.panel;
  const Share share = member.share(at.heads * panels);
  std::vector<float> mean;
  int head_of_mean = -1;
  for (int i = share.begin; i < share.end; ++i) {
    const int head = i / panels;
    const int first = i % panels * table.panel;  // key
    const int count = std::min(table.panel, at.tokens - first);
    const MatrixView keys = k(head);
    const float* rows = keys.row(first);
    std::ptrdiff_t stride = keys.stride;
    if (at.score_pairs != nullptr) {
      if (std::exchange(head_of_mean, head) != head) mean = mean_key(keys);
      pair_keys(at, keys, first, count, mean, pairs);
      rows = pairs;
      stride = depth;
    }
    table.pack(rows, stride, count, depth,
               packed + head * table.packed_floats(at.tokens, depth) + static_cast<std::size_t>(first) * depth);
  }
}

/// Values of two tokens side by side, `v(head)` being a head's (N, head_dim) rows: (h, pairs of N, head_dim), shared
/// out by heads and tokens.
template <typename HeadValues>
void pair_values(const Attention& at, const HeadValues& v, float* pairs, const Member& member) {
  const int each = pairs_of(at.tokens);
  const Share share = member.share(at.heads * each);
  for (int i = share.begin; i < share.end; ++i) {
    const MatrixView values = v(i / each);
    const int token = i % each * 2;
    at.value_pairs->pair_rows(values.row(token), token + 1 < at.tokens ? values.row(token + 1) : nullptr, at.head_dim,
                              pairs + static_cast<std::ptrdiff_t>(i) * at.head_dim);
  }
}

/// Rows of scores that one step of the tiled path holds: whole tiles of the kernel, enough work that looking at the
/// clock three times costs nothing, and few enough to stay in the level-2 cache.
int rows_per_step(const Attention& at) {
  constexpr double kWork = 1.5e6;       // multiply-adds of a step, some ten microseconds
  constexpr double kFloats = 96 << 10;  // scores
  const double per_row = 2.0 * at.tokens * at.head_dim + 32.0 * at.tokens;  // an exponential counts as 32
  double wanted = std::min(kWork / per_row, kFloats / static_cast<double>(at.map_stride));
  if (at.mix_scores != nullptr) wanted = kFloats / (2.0 * at.heads * static_cast<double>(at.map_stride));
  const int tile = at.table->row_block;
  return std::max(1, static_cast<int>(wanted) / tile) * tile;
}

/// Where the scores of all heads lie: (h, rows_between_heads, map_stride), of which `rows` count.
HeadRows rows_of(const Attention& at, float* base, std::ptrdiff_t rows_between_heads, int rows) {
  return {base, rows_between_heads * at.map_stride, at.map_stride, at.heads, rows, at.tokens};
}

/// The right-hand sides of all heads, by all threads together.
void pack_all(const Attention& at, PassBuffers& buffers, Member& member, Meter::Lane& lane) {
  const auto head_of = [&](MatrixView all) {
    return [all, d = at.head_dim](int head) { return MatrixView{all.data + head * d, all.rows, d, all.stride}; };
  };
  member.sync();  // every row of k and v is there, and nobody reads what was packed for the block before
  lane.restart();
  pack_keys(at, head_of(at.k), buffers.packed_keys.data(), own_pairs(buffers, member), member);
  lane.lap(Op::scores);
  if (at.value_pairs != nullptr) {
    pair_values(at, head_of(at.v), buffers.value_pairs.data(), member);
    lane.lap(Op::attn_v);
  }
  member.sync();  // all of them are packed
  lane.restart();
}

/// A head's values, in pairs or as they are.
Values values_of(const Attention& at, const PassBuffers& buffers, int head) {
  if (at.value_pairs == nullptr) return {at.v.data + head * at.head_dim, at.v.stride};
  return {buffers.value_pairs.data() + static_cast<std::ptrdiff_t>(head) * pairs_of(at.tokens) * at.head_dim,
          at.head_dim};
}

/// The queries from `first` on of all heads: their softmax in `p`, and in `mixed` what multiplies v.
void attend_talking_rows(const Attention& at, int first, const PassBuffers& buffers, float* pairs, const HeadRows& p,
                         const HeadRows& mixed, Meter::Lane& lane) {
  for (int head = 0; head < at.heads; ++head)
    score(at, at.q.row(first) + head * at.head_dim, at.q.stride, head, buffers.packed_keys.data(), pairs,
          p.row(head, 0), p.rows);
  lane.lap(Op::scores);
  mix_heads(*at.mix_scores, at.scale(), p, p);
  lane.lap(Op::mix_scores);
  for (int head = 0; head < at.heads; ++head) at.table->softmax({p.row(head, 0), p.stride, 0, p.rows, at.tokens, 1.f});
  lane.lap(Op::softmax);
  mix_heads(*at.mix_attention, 1.f, p, mixed);
  lane.lap(Op::mix_attention);
  for (int head = 0; head < at.heads; ++head) {
    if (at.drop > 0.f) {
      drop(at, head, first, p.rows, mixed.row(head, 0), mixed.row(head, 0));
      lane.lap(Op::attn_drop);
    }
    const int column = head * at.head_dim;
    weigh(at, mixed.row(head, 0), values_of(at, buffers, head), pairs, at.out.row(first) + column, at.out.stride,
          p.rows);
    apply_factor(at.factor(head), at.out.row(first) + column, at.out.stride, p.rows, at.head_dim);
    lane.lap(Op::attn_v);
  }
}

/// Both ways: a mix needs all heads' scores at once, so that eager attention materialises those of all queries, and
/// tiled attention those of a few.
void attend_talking(const Attention& at, bool tiled, PassBuffers& buffers, Member& member, const Meter& meter,
                    Meter::Lane& lane) {
  float* base = tiled ? buffers.tiles[static_cast<std::size_t>(member.thread())].data() : buffers.scores.data();
  const Share mine = member.share(at.queries);
  const int step = tiled ? rows_per_step(at) : std::max(mine.count(), 1);
  const std::ptrdiff_t between = tiled ? step : at.tokens;  // rows from one head to the next

  pack_all(at, buffers, member, lane);

  for (int first = mine.begin; first < mine.end; first += step) {
    meter.throw_if_stopped();
    const int rows = std::min(step, mine.end - first);
    float* tile = base + (tiled ? 0 : first * at.map_stride);
    const HeadRows mixed = rows_of(at, tile, between, rows);
    const HeadRows p = at.maps != nullptr ? rows_of(at, at.maps + first * at.map_stride, at.tokens, rows)
                                          : rows_of(at, tile + at.heads * between * at.map_stride, between, rows);
    attend_talking_rows(at, first, buffers, own_pairs(buffers, member), p, mixed, lane);
  }
}

}  // namespace

void apply_factor(float factor, float* out, std::ptrdiff_t out_stride, int rows, int head_dim) {
  if (factor == 1.f) return;
  for (int r = 0; r < rows; ++r) {
    float* row = out + r * out_stride;
    if (factor == 0.f)
      std::fill_n(row, head_dim, 0.f);
    else
      std::transform(row, row + head_dim, row, [factor](float x) { return factor * x; });
  }
}

float Attention::scale() const {
  return static_cast<float>(1.0 / std::sqrt(static_cast<double>(head_dim)));
}

AttentionRoom room_for(Kernel kernel, const Attention& at) {
  if (at.window > 0) return kernel == Kernel::reference ? AttentionRoom() : room_for_windows(at);
  AttentionRoom room = {.packed_keys = at.heads * at.table->packed_floats(at.tokens, at.score_depth())};
  room.pairs = pair_floats(at);
  if (at.value_pairs != nullptr) room.value_pairs = static_cast<std::size_t>(pairs_of(at.tokens)) * at.channels();
  if (kernel == Kernel::tiled) {
    const bool talking = at.mix_scores != nullptr;
    const int rows = talking ? 2 * at.heads * rows_per_step(at) : std::min(at.tokens, rows_per_step(at));
    room.tile = static_cast<std::size_t>(rows) * at.map_stride;
  } else if (kernel == Kernel::eager && at.mix_scores != nullptr) {
    room.scores = 2 * map_floats(at.heads, at.tokens, at.tokens);
  } else if (kernel == Kernel::eager) {
    const int copies = (at.maps == nullptr ? 1 : 0) + (at.drop > 0.f ? 1 : 0);
    room.split = 4 * static_cast<std::size_t>(at.tokens) * at.channels() + kMatrixSlack;
    room.scores = copies * map_floats(at.heads, at.tokens, at.tokens);
  }
  return room;
}

AttentionRoom larger(const AttentionRoom& a, const AttentionRoom& b) {
  return {std::max(a.packed_keys, b.packed_keys), std::max(a.tile, b.tile),   std::max(a.split, b.split),
          std::max(a.scores, b.scores),           std::max(a.pairs, b.pairs), std::max(a.value_pairs, b.value_pairs)};
}

void attend_tiled(const Attention& at, PassBuffers& buffers, Member& member, const Meter& meter, Meter::Lane& lane) {
  if (at.mix_scores != nullptr) return attend_talking(at, true, buffers, member, meter, lane);
  if (at.window > 0) return attend_windows(at, buffers, member, meter, lane);
  const float* packed = buffers.packed_keys.data();
  float* pairs = own_pairs(buffers, member);
  float* tile = buffers.tiles[static_cast<std::size_t>(member.thread())].data();
  const Share mine = member.share(at.queries);
  const int step = rows_per_step(at);

  pack_all(at, buffers, member, lane);

  for (int head = 0; head < at.heads; ++head) {
    const int column = head * at.head_dim;
    for (int first = mine.begin; first < mine.end; first += step) {
      meter.throw_if_stopped();
      const int rows = std::min(step, mine.end - first);
      float* p =
          at.maps != nullptr ? at.maps + (static_cast<std::ptrdiff_t>(head) * at.tokens + first) * at.map_stride : tile;
      score(at, at.q.row(first) + column, at.q.stride, head, packed, pairs, p, rows);
      lane.lap(Op::scores);
      float scale = at.scale();
      if (at.term != nullptr) {
        for (int r = 0; r < rows; ++r)
          at.term->add(head, first + r, at.q.row(first + r) + column, scale, p + r * at.map_stride);
        scale = 1.f;
        lane.lap(Op::relative_bias);
      }
      at.table->softmax({p, at.map_stride, 0, rows, at.tokens, scale});
      lane.lap(Op::softmax);
      if (at.drop > 0.f) {
        drop(at, head, first, rows, p, tile);
        p = tile;
        lane.lap(Op::attn_drop);
      }
      weigh(at, p, values_of(at, buffers, head), pairs, at.out.row(first) + column, at.out.stride, rows);
      apply_factor(at.factor(head), at.out.row(first) + column, at.out.stride, rows, at.head_dim);
      lane.lap(Op::attn_v);
    }
  }
}

void attend_eager(const Attention& at, PassBuffers& buffers, Member& member, const Meter& meter, Meter::Lane& lane) {
  if (at.mix_scores != nullptr) return attend_talking(at, false, buffers, member, meter, lane);
  if (at.window > 0) return attend_windows(at, buffers, member, meter, lane);
  const Share tokens = member.share(at.tokens);
  const Share mine = member.share(at.queries);
  const int d = at.head_dim;
  const std::ptrdiff_t head_floats = static_cast<std::ptrdiff_t>(at.tokens) * d;
  const std::ptrdiff_t all = head_floats * at.heads;
  float* q = buffers.split.data();  // (h, N, d), and so on
  float* k = q + all;
  float* v = k + all;
  float* o = v + all + kMatrixSlack;  // products read v a little beyond its end
  const std::size_t maps = map_floats(at.heads, at.tokens, at.tokens);
  float* s = at.maps != nullptr ? at.maps : buffers.scores.data();           // (h, N, stride)
  float* dropped = buffers.scores.data() + (at.maps != nullptr ? 0 : maps);  // likewise
  const auto map = [&](float* base, int head, int row) {
    return base + (static_cast<std::ptrdiff_t>(head) * at.tokens + row) * at.map_stride;
  };
  const auto for_each_head = [&](Op op, const auto& work) {
    for (int head = 0; head < at.heads; ++head) {
      meter.throw_if_stopped();
      work(head);
    }
    lane.lap(op);
  };

  member.sync();  // a slower thread may still read this memory for the block before
  lane.restart();
  for_each_head(Op::split, [&](int head) {
    for (int r = tokens.begin; r < tokens.end; ++r) {
      const std::ptrdiff_t to = head * head_floats + static_cast<std::ptrdiff_t>(r) * d;
      std::memcpy(q + to, at.q.row(r) + head * d, sizeof(float) * d);
      std::memcpy(k + to, at.k.row(r) + head * d, sizeof(float) * d);
      std::memcpy(v + to, at.v.row(r) + head * d, sizeof(float) * d);
    }
  });
  member.sync();  // k and v are whole
  lane.restart();
  float* packed = buffers.packed_keys.data();
  float* pairs = own_pairs(buffers, member);
  const auto head_of = [&](const float* matrix) {
    return [=](int head) { return MatrixView{matrix + head * head_floats, at.tokens, d, d}; };
  };
  pack_keys(at, head_of(k), packed, pairs, member);
  lane.lap(Op::scores);
  if (at.value_pairs != nullptr) {
    pair_values(at, head_of(v), buffers.value_pairs.data(), member);
    lane.lap(Op::attn_v);
  }
  member.sync();  // all of them are packed
  lane.restart();
  const int rows = mine.count();
  for_each_head(Op::scores, [&](int head) {
    score(at, q + head * head_floats + static_cast<std::ptrdiff_t>(mine.begin) * d, d, head, packed, pairs,
          map(s, head, mine.begin), rows);
  });
  for_each_head(Op::scale, [&](int head) {
    for (int r = mine.begin; r < mine.end; ++r) at.table->scale(map(s, head, r), at.tokens, at.scale());
  });
  if (at.term != nullptr) {
    for_each_head(Op::relative_bias, [&](int head) {
      for (int r = mine.begin; r < mine.end; ++r)
        at.term->add(head, r, q + head * head_floats + static_cast<std::ptrdiff_t>(r) * d, 1.f, map(s, head, r));
    });
  }
  for_each_head(Op::softmax, [&](int head) {
    at.table->softmax({map(s, head, mine.begin), at.map_stride, 0, rows, at.tokens, 1.f});
  });
  if (at.drop > 0.f) {
    for_each_head(Op::attn_drop, [&](int head) {
      drop(at, head, mine.begin, rows, map(s, head, mine.begin), map(dropped, head, mine.begin));
    });
    s = dropped;
  }
  for_each_head(Op::attn_v, [&](int head) {
    const Values values = at.value_pairs != nullptr ? values_of(at, buffers, head) : Values{v + head * head_floats, d};
    weigh(at, map(s, head, mine.begin), values, pairs,
          o + head * head_floats + static_cast<std::ptrdiff_t>(mine.begin) * d, d, rows);
    apply_factor(at.factor(head), o + head * head_floats + static_cast<std::ptrdiff_t>(mine.begin) * d, d, rows, d);
  });
  for_each_head(Op::merge, [&](int head) {
    for (int r = mine.begin; r < mine.end; ++r) {
      std::memcpy(at.out.row(r) + head * d, o + head * head_floats + static_cast<std::ptrdiff_t>(r) * d,
                  sizeof(float) * d);
    }
  });
}

}  // namespace vit
