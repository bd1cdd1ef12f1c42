#include "engine/network/flash_attention.h"

#include <algorithm>
#include <limits>

#include "engine/network/attention_steps.h"
#include "engine/network/packed_attention.h"

namespace vit {
namespace {

// Their scores take 170 KB, the keys and the values 100 KB each: together less than half of a level-2 cache of 1 MB.
constexpr int kRows = 112, kKeys = 384;

int divided_up(int count, int size) {
  return (count + size - 1) / size;
}

/// Queries that go through the keys together: whole tiles of the kernel, the same for every group but the last.
int rows_together(const Attention& at, int queries) {
  const int tile = at.table->row_block;
  const int groups = divided_up(std::max(queries, 1), kRows);
  return divided_up(divided_up(std::max(queries, 1), groups), tile) * tile;
}

/// Keys of a block: whole panels and whole pairs, and the same for any number of threads.
int keys_together(const Attention& at) {
  const int unit = at.table->panel % 2 == 0 ? at.table->panel : 2 * at.table->panel;
  return divided_up(divided_up(at.tokens, divided_up(at.tokens, kKeys)), unit) * unit;
}

/// A thread's scores of some queries and a block of keys, and what the softmax has seen of each query's keys so far.
struct Group {
  Group(const Attention& at, float* room, int most_rows)
      : scores{room, most_rows, keys_together(at), Matrix::padded_stride(keys_together(at))},
        largest(room + most_rows * scores.stride),
        sum(largest + most_rows),
        factor(sum + most_rows) {}

  static std::size_t floats(const Attention& at, int most_rows) {
    return static_cast<std::size_t>(most_rows) * (Matrix::padded_stride(keys_together(at)) + 3);
  }

  MatrixSpan scores;
  float *largest, *sum, *factor;
};

/// One group's way through all keys of a head. out: (rows, head_dim)
void attend_group(const Attention& at, const PassBuffers& buffers, int head, int first, const Group& group,
                  float* pairs, MatrixSpan out, Meter::Lane& lane) {
  const int rows = out.rows, step = group.scores.cols;
  std::fill_n(group.largest, rows, -std::numeric_limits<float>::infinity());
  std::fill_n(group.sum, rows, 0.f);
  for (Keys keys; keys.first < at.tokens; keys.first += step) {
    keys.count = std::min(step, at.tokens - keys.first);
    const MatrixSpan s = {group.scores.data, rows, keys.count, group.scores.stride};
    score(at, queries_of(at, buffers, head, first, rows), head, buffers.packed_keys.data(), keys, s);
    lane.lap(Op::scores);
    at.table->softmax_part({.s = s.data,
                            .stride = s.stride,
                            .rows = rows,
                            .columns = keys.count,
                            .scale = at.scale(),
                            .largest = group.largest,
                            .sum = group.sum,
                            .factor = group.factor});
    lane.lap(Op::softmax);
    for (int r = 0; keys.first > 0 && r < rows; ++r) {
      if (group.factor[r] != 1.f) at.table->scale(out.row(r), out.cols, group.factor[r]);
    }
    weigh(at, s, values_of(at, buffers, head, keys.first), pairs, out, keys.first > 0 ? Sum::continued : Sum::fresh);
    lane.lap(Op::attn_v);
  }
  for (int r = 0; r < rows; ++r) at.table->scale(out.row(r), out.cols, 1.f / group.sum[r]);
}

}  // namespace

bool goes_by_blocks_of_keys(const Attention& at) {
  constexpr int kManyKeys = 1024;
  return at.tokens >= kManyKeys && at.window == 0 && at.maps == nullptr && at.term == nullptr &&
         at.mix_scores == nullptr && at.drop == 0.f;
}

AttentionRoom room_for_flash(const Attention& at) {
  const int tile = at.table->row_block;
  return {.tile = Group::floats(at, divided_up(kRows, tile) * tile)};
}

void attend_flash(const Attention& at, PassBuffers& buffers, Member& member, const Meter& meter, Meter::Lane& lane) {
  const Share mine = member.share(at.queries);
  const int step = rows_together(at, mine.count());
  const Group group(at, buffers.tiles[static_cast<std::size_t>(member.thread())].data(), step);

  pack_all(at, buffers, member, lane);

  for (int head = 0; head < at.heads; ++head) {
    for (int first = mine.begin; first < mine.end; first += step) {
      meter.throw_if_stopped();
      const MatrixSpan out = outputs_of(at, head, first, std::min(step, mine.end - first));
      attend_group(at, buffers, head, first, group, own_pairs(buffers, member), out, lane);
      apply_factor(at.factor(head), out);
      lane.lap(Op::attn_v);
    }
  }
}

}  // namespace vit
