#include "engine/network/flash_attention.h"

#include <algorithm>
#include <limits>

#include "engine/network/attention_steps.h"
#include "engine/network/packed_attention.h"

namespace vit {
namespace {

// A block of keys and its values (100 KB each at 64 numbers a head) serve all queries from the level-2 cache, a strip
// of queries at a time, whose scores (90 KB) stay there, too. The values' sums are one chain of the kernel.
constexpr int kKeys = 384, kStripRows = 56;

int divided_up(int count, int size) {
  return (count + size - 1) / size;
}

/// Keys of a block: whole panels and whole pairs, and the same for any number of threads.
int keys_together(const Attention& at) {
  const int unit = at.table->panel % 2 == 0 ? at.table->panel : 2 * at.table->panel;
  return divided_up(divided_up(at.tokens, divided_up(at.tokens, kKeys)), unit) * unit;
}

/// Queries of a strip: whole tiles of the kernel.
int strip_rows(const Attention& at) {
  return std::max(1, kStripRows / at.table->row_block) * at.table->row_block;
}

/// One thread's way through a head.
class FlashThread {
 public:
  FlashThread(const Attention& at, const PassBuffers& buffers, const Member& member, const Meter& meter,
              Meter::Lane& lane)
      : at_(at),
        buffers_(buffers),
        meter_(meter),
        lane_(lane),
        mine_(member.share(at.queries)),
        keys_(keys_together(at)),
        pairs_(own_pairs(buffers, member)),
        scores_(buffers.tiles[static_cast<std::size_t>(member.thread())].data()),
        largest_(scores_ + strip_rows(at) * stride()),
        sum_(largest_ + mine_.count()),
        factor_(sum_ + mine_.count()) {}

  static std::size_t floats(const Attention& at) {
    const std::ptrdiff_t scores = strip_rows(at) * Matrix::padded_stride(keys_together(at));
    return static_cast<std::size_t>(scores) + 3 * static_cast<std::size_t>(at.queries);
  }

  void attend(int head) {
    std::fill_n(largest_, mine_.count(), -std::numeric_limits<float>::infinity());
    std::fill_n(sum_, mine_.count(), 0.f);
    for (int first = 0; first < at_.tokens; first += keys_) {
      meter_.throw_if_stopped();
      const Keys keys = {first, std::min(keys_, at_.tokens - first)};
      for (int row = mine_.begin; row < mine_.end; row += strip_rows(at_))
        look(head, row, std::min(strip_rows(at_), mine_.end - row), keys);
    }
    const MatrixSpan out = outputs_of(at_, head, mine_.begin, mine_.count());
    for (int r = 0; r < out.rows; ++r) at_.table->scale(out.row(r), out.cols, 1.f / sum_[r]);
    apply_factor(at_.factor(head), out);
    lane_.lap(Op::attn_v);
  }

 private:
  std::ptrdiff_t stride() const { return Matrix::padded_stride(keys_); }

  /// `rows` queries from `first` on look at some keys.
  void look(int head, int first, int rows, Keys keys) {
    const MatrixSpan s = {scores_, rows, keys.count, stride()};
    score(at_, queries_of(at_, buffers_, head, first, rows), head, buffers_.packed_keys.data(), keys, s);
    lane_.lap(Op::scores);
    const int own = first - mine_.begin;
    at_.table->softmax_part({.s = s.data,
                             .stride = s.stride,
                             .rows = rows,
                             .columns = keys.count,
                             .scale = at_.scale(),
                             .largest = largest_ + own,
                             .sum = sum_ + own,
                             .factor = factor_ + own});
    lane_.lap(Op::softmax);
    const MatrixSpan out = outputs_of(at_, head, first, rows);
    const bool continued = keys.first > 0;
    for (int r = 0; continued && r < rows; ++r) {
      if (factor_[own + r] != 1.f) at_.table->scale(out.row(r), out.cols, factor_[own + r]);
    }
    weigh(at_, s, values_of(at_, buffers_, head, keys.first), pairs_, out, continued ? Sum::continued : Sum::fresh);
    lane_.lap(Op::attn_v);
  }

  const Attention& at_;
  const PassBuffers& buffers_;
  const Meter& meter_;
  Meter::Lane& lane_;
  Share mine_;      // queries
  int keys_;        // of a block
  float* pairs_;    // room for a strip's exponentials as pairs
  float* scores_;   // (strip, keys) in this thread's own memory, and behind them …
  float* largest_;  // … (queries) the largest score so far, …
  float* sum_;      // … (queries) the sum of the exponentials of its distance to the others, …
  float* factor_;   // … and (queries) what the latest block has made of the sums before it
};

}  // namespace

bool goes_by_blocks_of_keys(const Attention& at) {
  return !at.whole_rows && at.window == 0 && at.maps == nullptr && at.term == nullptr && at.mix_scores == nullptr &&
         at.drop == 0.f;
}

AttentionRoom room_for_flash(const Attention& at) {
  return {.tile = FlashThread::floats(at)};
}

void attend_flash(const Attention& at, PassBuffers& buffers, Member& member, const Meter& meter, Meter::Lane& lane) {
  pack_all(at, buffers, member, lane);
  FlashThread thread(at, buffers, member, meter, lane);
  for (int head = 0; head < at.heads; ++head) thread.attend(head);
}

}  // namespace vit
