// The matrix product: tiles of kTileRows × kPanel sums that live in registers for the whole depth.
#pragma once

#include "engine/kernels/isa/product.h"

namespace vit {
namespace {

/// One tile's place in the product.
struct TilePlace {
  int row = 0;
  int panel = 0;
  const float* prefetch = nullptr;  // the part of the next panel that this tile fetches meanwhile
  int prefetch_lines = 0;           // cache lines of it for each kPrefetchSteps of depth
};
constexpr int kPrefetchSteps = kTileRows < 6 ? 32 : kTileRows < 12 ? 16 : 8;  // a small tile has little to do in each
constexpr int kLineFloats = 16;
constexpr int kLateSteps = 64;  // a tile's last steps, in which it fetches what comes after them
constexpr int kLateRows = (kTileRows * kPrefetchSteps + kLateSteps - 1) / kLateSteps;  // for each kPrefetchSteps

/// Where a tile stands in its rows of the left-hand side. Every fifth row has a pointer of its own, so that the few
/// multiples of the stride between them fit into the registers beside the other addresses.
template <int kRows>
struct LeftRows {
  static constexpr int kEach = 5;
  static constexpr int kPointers = (kRows + kEach - 1) / kEach;
  const float* first[kPointers];
  std::ptrdiff_t stride;

  VIT_INLINE LeftRows(const float* a, std::ptrdiff_t a_stride) : stride(a_stride) {
    unroll<kPointers>([&](auto p) VIT_INLINE_LAMBDA {
      first[p.value] = a + p.value * kEach * a_stride;
      forget_origin(first[p.value]);
    });
  }
  template <int kRow>
  VIT_INLINE float value() const {
    return first[kRow / kEach][kRow % kEach * stride];
  }
  VIT_INLINE void advance() {
    unroll<kPointers>([&](auto p) VIT_INLINE_LAMBDA { ++first[p.value]; });
  }
};

// Sums of so many products are added up as they are; longer ones are sums of such sums. One chain over the depth would
// lose twice as much to rounding as a blocked product does. A multiple of kPrefetchSteps.
constexpr int kChainSteps = 384;
static_assert(kChainSteps % kPrefetchSteps == 0);

/// sums[i][v] += a[row i, k]·b[k, vector v] over `steps` of k, from wherever a and b stand; moves them on.
template <int kRows, int kVectors>
VIT_INLINE void multiply_steps(LeftRows<kRows>& a, const float*& b, std::ptrdiff_t k_stride, int steps,
                               Packet (&sums)[kRows][kVectors]) {
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC unroll 1
#endif
  for (int k = 0; k < steps; ++k) {
    Packet right[kVectors];
    unroll<kVectors>([&](auto v) VIT_INLINE_LAMBDA { right[v.value] = load(b + v.value * kLanes); });
    unroll<kRows>([&](auto i) VIT_INLINE_LAMBDA {
      const Packet left = broadcast(a.template value<i.value>());
      unroll<kVectors>([&](auto v) VIT_INLINE_LAMBDA {
        sums[i.value][v.value] = accumulate(left, right[v.value], sums[i.value][v.value]);
      });
    });
    a.advance();
    b += k_stride;
  }
}

/// Stores whole vectors: c = scale·(sums + bias) + addend, as far as there are a scale and an addend.
template <int kRows, int kVectors>
VIT_INLINE void store_tile(const Gemm& g, const Packet (&sums)[kRows][kVectors], int row, int column) {
  float* c = g.c + row * g.c_stride + column;
  const float* addend = g.addend != nullptr ? g.addend + row * g.addend_stride + column : nullptr;
  const auto rows = [&](auto&& finished) VIT_INLINE_LAMBDA {
    Packet bias[kVectors], scale[kVectors];
    unroll<kVectors>([&](auto v) VIT_INLINE_LAMBDA {
      bias[v.value] = g.bias != nullptr ? load(g.bias + column + v.value * kLanes) : broadcast(0.f);
      scale[v.value] = g.scale != nullptr ? load(g.scale + column + v.value * kLanes) : broadcast(1.f);
    });
    unroll<kRows>([&](auto i) VIT_INLINE_LAMBDA {
      unroll<kVectors>([&](auto v) VIT_INLINE_LAMBDA {
        const Packet sum = add(sums[i.value][v.value], bias[v.value]);
        store(c + i.value * g.c_stride + v.value * kLanes,
              finished(sum, scale[v.value], i.value * g.addend_stride + v.value * kLanes));
      });
    });
  };
  if (addend == nullptr && g.scale == nullptr)
    rows([](Packet sum, Packet, std::ptrdiff_t) VIT_INLINE_LAMBDA { return sum; });
  else if (addend == nullptr)
    rows([](Packet sum, Packet scale, std::ptrdiff_t) VIT_INLINE_LAMBDA { return multiply(sum, scale); });
  else if (g.scale == nullptr)
    rows([&](Packet sum, Packet, std::ptrdiff_t at) VIT_INLINE_LAMBDA { return add(sum, load(addend + at)); });
  else
    rows([&](Packet sum, Packet scale, std::ptrdiff_t at)
             VIT_INLINE_LAMBDA { return add(multiply(sum, scale), load(addend + at)); });
}

/// kRows rows of one panel, or of its first kVectors vectors where the rest has no columns.
template <int kRows, int kVectors>
void tile(const Gemm& g, const TilePlace& place) {
  Packet sums[kRows][kVectors];
  unroll<kRows>([&](auto i) VIT_INLINE_LAMBDA {
    unroll<kVectors>([&](auto v) VIT_INLINE_LAMBDA { sums[i.value][v.value] = broadcast(0.f); });
  });

  const int column = place.panel * kPanel;
  LeftRows<kRows> a(g.a + place.row * g.a_stride, g.a_stride);
  const float* b = g.b + place.panel * g.panel_stride;
  const float* panel_ahead = place.prefetch;
  float* c_ahead = destination(g, place.row, column);
  const int c_ahead_floats = g.pairs ? kVectors * kLanes / 2 : kVectors * kLanes;
  const float* const c_end = c_ahead + kRows * g.c_stride;
  alignas(64) float memory[kRows * kPanel];
  const auto each = [&](auto&& f) VIT_INLINE_LAMBDA {
    unroll<kRows>([&](auto i) VIT_INLINE_LAMBDA {
      unroll<kVectors>(
          [&](auto v) VIT_INLINE_LAMBDA { f(sums[i.value][v.value], memory + i.value * kPanel + v.value * kLanes); });
    });
  };
  int k = 0;
  for (int chain_end = kChainSteps;; chain_end += kChainSteps) {
    const int end = chain_end < g.depth ? chain_end : g.depth;
    for (; k + kPrefetchSteps <= end; k += kPrefetchSteps) {
      // A few lines at a time, between the multiplications: a burst would keep their own loads waiting.
      for (int line = 0; line < place.prefetch_lines; ++line, panel_ahead += kLineFloats) prefetch(panel_ahead);
      if (k + kLateSteps >= g.depth) {
        // The sums' destination may be far away (maps that are kept are megabytes).
        for (int row = 0; row < kLateRows && c_ahead < c_end; ++row, c_ahead += g.c_stride) {
          for (int line = 0; line < c_ahead_floats; line += kLineFloats) prefetch_for_writing(c_ahead + line);
        }
      }
      multiply_steps<kRows, kVectors>(a, b, g.k_stride, kPrefetchSteps, sums);
    }
    if (end == g.depth) break;
    // The chains so far wait in memory.
    if (chain_end > kChainSteps) each([](Packet& sum, float* kept) VIT_INLINE_LAMBDA { sum = add(sum, load(kept)); });
    each([](Packet& sum, float* kept) VIT_INLINE_LAMBDA { store(kept, sum), sum = broadcast(0.f); });
  }
  multiply_steps<kRows, kVectors>(a, b, g.k_stride, g.depth - k, sums);
  if (g.depth > kChainSteps) each([](Packet& sum, float* kept) VIT_INLINE_LAMBDA { sum = add(sum, load(kept)); });

  const int width = g.columns - column < kVectors * kLanes ? g.columns - column : kVectors * kLanes;
  if (width == kVectors * kLanes && g.activation == Activation::none && !g.pairs) {
    store_tile<kRows, kVectors>(g, sums, place.row, column);
    return;
  }
  each([](Packet& sum, float* place_of) VIT_INLINE_LAMBDA { store(place_of, sum); });
  finish_tile(g, memory, place.row, kRows, column, width);
}

using TileFunction = void (*)(const Gemm&, const TilePlace&);
/// Tile functions by height: entry i has i + 1 rows.
template <int kVectors, typename Heights = std::make_integer_sequence<int, kTileRows>>
struct Tiles;
template <int kVectors, int... kRowsLessOne>
struct Tiles<kVectors, std::integer_sequence<int, kRowsLessOne...>> {
  static constexpr TileFunction kByHeight[] = {tile<kRowsLessOne + 1, kVectors>...};
};
/// And by width: entry i has i + 1 vectors of columns.
template <typename Widths = std::make_integer_sequence<int, kTileVectors>>
struct TileTable;
template <int... kVectorsLessOne>
struct TileTable<std::integer_sequence<int, kVectorsLessOne...>> {
  static constexpr const TileFunction* kByWidth[] = {Tiles<kVectorsLessOne + 1>::kByHeight...};
};

/// Rows [g.row_begin, g.row_end), at least one, which go through all panels together.
void gemm_rows(const Gemm& g) {
  const int rows = g.row_end - g.row_begin;
  // Heights as equal as can be: 197 rows are 2 tiles of 14 and 13 of 13, not 14 of 14 and a slow one of 1.
  const int tiles = (rows + kTileRows - 1) / kTileRows;
  const int height = rows / tiles;
  const int taller = rows % tiles;

  for (int panel = g.panel_begin; panel < g.panel_end; ++panel) {
    const int width = g.columns - panel * kPanel;
    if (width <= 0) return;
    const int vectors = width < kPanel ? (width + kLanes - 1) / kLanes : kTileVectors;
    const TileFunction* by_height = TileTable<>::kByWidth[vectors - 1];
    // While the tiles of a packed panel are computed, the next one comes closer.
    const bool more = g.k_stride == kPanel && panel + 1 < g.panel_end;
    const float* ahead = more ? g.b + (panel + 1) * g.panel_stride : nullptr;
    const std::ptrdiff_t ahead_floats = more ? g.panel_stride : 0;
    const std::ptrdiff_t steps = g.depth / kPrefetchSteps * kLineFloats;
    TilePlace place;
    place.panel = panel;
    place.row = g.row_begin;
    place.prefetch_lines = steps > 0 ? static_cast<int>((ahead_floats + steps * tiles - 1) / (steps * tiles)) : 0;
    for (int t = 0; t < tiles; ++t) {
      const std::ptrdiff_t at = t * steps * place.prefetch_lines;
      if (at >= ahead_floats) place.prefetch_lines = 0;
      place.prefetch = ahead + at;
      const int tile_rows = height + (t < taller ? 1 : 0);
      by_height[tile_rows - 1](g, place);
      place.row += tile_rows;
    }
  }
}

void gemm(const Gemm& g) {
  in_near_rows(g, 8 * kTileRows, gemm_rows);
}

}  // namespace
}  // namespace vit
