#include "engine/network/window_attention.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "engine/network/attention_steps.h"
#include "engine/network/windows.h"

namespace vit {
namespace {

/// A thread's room for one window of a head, in its part of the pass's buffers.
struct Room {
  Room(const Attention& at, float* base) {
    const auto take = [&base](std::size_t floats) { return std::exchange(base, base + floats); };
    for (MatrixSpan* part : {&q, &k, &v, &out}) *part = {take(numbers(at)), at.keys(), at.head_dim, at.head_dim};
    packed = take(rounded(at.table->packed_floats(at.keys(), at.head_dim)));
    scores = {take(static_cast<std::size_t>(at.keys()) * at.map_stride), at.keys(), at.keys(), at.map_stride};
  }

  static std::size_t floats(const Attention& at) {
    return 4 * numbers(at) + rounded(at.table->packed_floats(at.keys(), at.head_dim)) +
           static_cast<std::size_t>(at.keys()) * at.map_stride;
  }

  MatrixSpan q, k, v, out;  // (places, d)
  float* packed = nullptr;
  MatrixSpan scores;  // (places, places)

 private:
  /// To whole lines of the cache.
  static std::size_t rounded(std::size_t floats) { return (floats + 15) / 16 * 16; }
  static std::size_t numbers(const Attention& at) {
    return rounded(static_cast<std::size_t>(at.keys()) * at.head_dim + kMatrixSlack);
  }
};

/// One thread's way through its windows.
class WindowThread {
 public:
  WindowThread(const Attention& at, float* base, Meter::Lane& lane)
      : at_(at), windows_(at.grid, at.window), room_(at, base), lane_(lane), inner_(at) {
    inner_.tokens = windows_.places();
  }

  int units() const { return windows_.count() * at_.heads; }

  void attend(int unit) {
    window_ = unit / at_.heads;
    head_ = unit % at_.heads;
    gather();
    at_.table->pack(room_.k.data, room_.k.stride, inner_.tokens, at_.head_dim, room_.packed);
    const Window own = windows_.at(window_);
    if (own.cols == at_.window) {
      attend_from(0, own.rows * at_.window);
    } else {  // what stands behind a row's patches is padding
      for (int row = 0; row < own.rows; ++row) attend_from(row * at_.window, own.cols);
    }
    give_back();
  }

 private:
  MatrixView of_head(MatrixView x) const { return {x.data + head_ * at_.head_dim, x.rows, at_.head_dim, x.stride}; }

  void gather() {
    const std::ptrdiff_t column = static_cast<std::ptrdiff_t>(head_) * at_.head_dim;
    const float* keys = at_.padding == nullptr ? nullptr : at_.padding + column;
    const float* values = keys == nullptr ? nullptr : keys + at_.channels();
    windows_.gather(window_, of_head(at_.q), nullptr, room_.q);
    windows_.gather(window_, of_head(at_.k), keys, room_.k);
    windows_.gather(window_, of_head(at_.v), values, room_.v);
    lane_.lap(Op::split);
  }

  /// The queries from place `first` on.
  void attend_from(int first, int queries) {
    float* p = room_.scores.row(first);
    const MatrixSpan shares = {p, queries, inner_.tokens, at_.map_stride};
    const auto rows = [&](MatrixSpan all) { return MatrixSpan{all.row(first), queries, all.cols, all.stride}; };
    score(inner_, rows(room_.q), 0, room_.packed, {0, inner_.tokens}, shares);
    lane_.lap(Op::scores);
    float scale = at_.scale();
    if (at_.term != nullptr) {
      for (int r = 0; r < queries; ++r)
        at_.term->add(head_, first + r, room_.q.row(first + r), scale, p + r * at_.map_stride);
      scale = 1.f;
      lane_.lap(Op::relative_bias);
    }
    at_.table->softmax({p, at_.map_stride, 0, queries, inner_.tokens, scale});
    for (int r = 0; at_.maps != nullptr && r < queries; ++r)
      std::copy_n(p + r * at_.map_stride, inner_.tokens, map_of(token_of(first + r)));
    lane_.lap(Op::softmax);
    if (at_.drop > 0.f) {
      for (int r = 0; r < queries; ++r)
        drop(inner_, head_, token_of(first + r), 1, p + r * at_.map_stride, p + r * at_.map_stride);
      lane_.lap(Op::attn_drop);
    }
    weigh(inner_, shares, {room_.v.data, room_.v.stride}, nullptr, rows(room_.out));
    apply_factor(at_.factor(head_), rows(room_.out));
    lane_.lap(Op::attn_v);
  }

  void give_back() {
    const Window own = windows_.at(window_);
    for (int row = 0; row < own.rows; ++row)
      for (int col = 0; col < own.cols; ++col) {
        const int place = row * at_.window + col;
        std::copy_n(room_.out.row(place), at_.head_dim, at_.out.row(token_of(place)) + head_ * at_.head_dim);
      }
    lane_.lap(Op::merge);
  }

  int token_of(int place) const { return windows_.token_at(window_, place / at_.window, place % at_.window); }
  float* map_of(int token) const {
    return at_.maps + (static_cast<std::ptrdiff_t>(head_) * at_.tokens + token) * at_.map_stride;
  }

  const Attention& at_;
  Windows windows_;
  Room room_;
  Meter::Lane& lane_;
  Attention inner_;  // of one window
  int window_ = 0, head_ = 0;
};

}  // namespace

AttentionRoom room_for_windows(const Attention& at) {
  return {.tile = Room::floats(at)};
}

void attend_windows(const Attention& at, PassBuffers& buffers, Member& member, const Meter& meter, Meter::Lane& lane) {
  assert(at.queries == at.tokens && at.mix_scores == nullptr);
  WindowThread thread(at, buffers.tiles[static_cast<std::size_t>(member.thread())].data(), lane);
  const Share mine = member.share(thread.units());
  member.sync();  // every row of k and v is there
  lane.restart();
  for (int unit = mine.begin; unit < mine.end; ++unit) {
    meter.throw_if_stopped();
    thread.attend(unit);
  }
  member.sync();  // windows do not follow the threads' shares of the tokens
  lane.restart();
}

}  // namespace vit
