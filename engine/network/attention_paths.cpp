#include "engine/network/attention_paths.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/network/attention_steps.h"
#include "engine/network/flash_attention.h"
#include "engine/network/packed_attention.h"
#include "engine/network/talking_heads.h"
#include "engine/network/window_attention.h"

namespace vit {
namespace {

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

MatrixSpan of_head(const HeadRows& all, int head) {
  return {all.row(head, 0), all.rows, all.keys, all.stride};
}

/// The queries from `first` on of all heads: their softmax in `p`, and in `mixed` what multiplies v.
void attend_talking_rows(const Attention& at, int first, const PassBuffers& buffers, float* pairs, const HeadRows& p,
                         const HeadRows& mixed, Meter::Lane& lane) {
  for (int head = 0; head < at.heads; ++head)
    score(at, queries_of(at, buffers, head, first, p.rows), head, buffers.packed_keys.data(), all_keys(at),
          of_head(p, head));
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
    const MatrixSpan out = outputs_of(at, head, first, p.rows);
    weigh(at, of_head(mixed, head), values_of(at, buffers, head), pairs, out);
    apply_factor(at.factor(head), out);
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

void apply_factor(float factor, MatrixSpan out) {
  if (factor == 1.f) return;
  for (int r = 0; r < out.rows; ++r) {
    float* row = out.row(r);
    if (factor == 0.f)
      std::fill_n(row, out.cols, 0.f);
    else
      std::transform(row, row + out.cols, row, [factor](float x) { return factor * x; });
  }
}

float Attention::scale() const {
  return static_cast<float>(1.0 / std::sqrt(static_cast<double>(head_dim)));
}

AttentionRoom room_for(Kernel kernel, const Attention& at) {
  if (at.window > 0) return kernel == Kernel::reference ? AttentionRoom() : room_for_windows(at);
  AttentionRoom room;
  if (kernel == Kernel::tiled && goes_by_blocks_of_keys(at)) room = room_for_flash(at);
  room.packed_keys = packed_key_floats(at);
  room.query_pairs = query_pair_floats(at);
  room.value_pairs = value_pair_floats(at);
  room.pairs = pair_floats(at);
  if (room.tile > 0) return room;
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
  AttentionRoom most;
  for (auto part : {&AttentionRoom::packed_keys, &AttentionRoom::tile, &AttentionRoom::split, &AttentionRoom::scores,
                    &AttentionRoom::pairs, &AttentionRoom::query_pairs, &AttentionRoom::value_pairs})
    most.*part = std::max(a.*part, b.*part);
  return most;
}

void attend_tiled(const Attention& at, PassBuffers& buffers, Member& member, const Meter& meter, Meter::Lane& lane) {
  if (at.mix_scores != nullptr) return attend_talking(at, true, buffers, member, meter, lane);
  if (at.window > 0) return attend_windows(at, buffers, member, meter, lane);
  if (goes_by_blocks_of_keys(at)) return attend_flash(at, buffers, member, meter, lane);
  float* pairs = own_pairs(buffers, member);
  float* tile = buffers.tiles[static_cast<std::size_t>(member.thread())].data();
  const Share mine = member.share(at.queries);
  const int step = rows_per_step(at);

  pack_all(at, buffers, member, lane);

  for (int head = 0; head < at.heads; ++head) {
    for (int first = mine.begin; first < mine.end; first += step) {
      meter.throw_if_stopped();
      const int rows = std::min(step, mine.end - first);
      float* p =
          at.maps != nullptr ? at.maps + (static_cast<std::ptrdiff_t>(head) * at.tokens + first) * at.map_stride : tile;
      score(at, queries_of(at, buffers, head, first, rows), head, buffers.packed_keys.data(), all_keys(at),
            {p, rows, at.tokens, at.map_stride});
      lane.lap(Op::scores);
      float scale = at.scale();
      if (at.term != nullptr) {
        for (int r = 0; r < rows; ++r)
          at.term->add(head, first + r, at.q.row(first + r) + head * at.head_dim, scale, p + r * at.map_stride);
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
      const MatrixSpan out = outputs_of(at, head, first, rows);
      weigh(at, {p, rows, at.tokens, at.map_stride}, values_of(at, buffers, head), pairs, out);
      apply_factor(at.factor(head), out);
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
  float* pairs = own_pairs(buffers, member);
  pack_keys(at, {k, head_floats, d}, buffers, member);
  if (at.score_pairs != nullptr) pair_queries(at, buffers, member);
  lane.lap(Op::scores);
  if (at.value_pairs != nullptr) {
    pair_values(at, {v, head_floats, d}, buffers, member);
    lane.lap(Op::attn_v);
  }
  member.sync();  // all of them are packed
  lane.restart();
  const int rows = mine.count();
  const auto of_head = [&](float* base, int head) {  // this thread's rows
    return MatrixSpan{map(base, head, mine.begin), rows, at.tokens, at.map_stride};
  };
  for_each_head(Op::scores, [&](int head) {
    const float* own = q + head * head_floats + static_cast<std::ptrdiff_t>(mine.begin) * d;
    const MatrixView queries =
        at.score_pairs != nullptr ? queries_of(at, buffers, head, mine.begin, rows) : MatrixView{own, rows, d, d};
    score(at, queries, head, buffers.packed_keys.data(), all_keys(at), of_head(s, head));
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
    const MatrixSpan out = {o + head * head_floats + static_cast<std::ptrdiff_t>(mine.begin) * d, rows, d, d};
    weigh(at, of_head(s, head), values, pairs, out);
    apply_factor(at.factor(head), out);
  });
  for_each_head(Op::merge, [&](int head) {
    for (int r = mine.begin; r < mine.end; ++r) {
      std::memcpy(at.out.row(r) + head * d, o + head * head_floats + static_cast<std::ptrdiff_t>(r) * d,
                  sizeof(float) * d);
    }
  });
}

}  // namespace vit
