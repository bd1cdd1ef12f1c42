// The table of AMX: the matrix product over pairs of bf16 numbers on its tiles. Rounding is AVX-512 BF16's.
//
// A tile is 16 rows of 64 bytes. Rows of the left-hand side lie as the processor wants them, 16 pairs of one row beside
// each other, and so do packed panels, 16 columns of one pair; so tiles are loaded from where the numbers are.
// Source: Intel's Software Developer's Manual, volume 2, TDPBF16PS.
#include "engine/kernels/bf16_kernels.h"

#include <immintrin.h>

#include "engine/kernels/isa/pairs.h"
#include "engine/kernels/isa/product.h"
#include "engine/kernels/tables.h"

namespace vit {
namespace {

constexpr int kTileHeight = 16, kTilePairs = 16, kRowBytes = 64;
constexpr int kBlockRows = 2 * kTileHeight;  // two tiles of rows times two of columns share what is loaded
static_assert(kPanel == 2 * kRowBytes / sizeof(float));

// The tiles: sums in 0 to 3, rows of the left-hand side in 4 and 5, columns of the right-hand side in 6 and 7.
#define VIT_UPPER_LEFT 0
#define VIT_UPPER_RIGHT 1
#define VIT_LOWER_LEFT 2
#define VIT_LOWER_RIGHT 3
#define VIT_UPPER_ROWS 4
#define VIT_LOWER_ROWS 5
#define VIT_LEFT_COLUMNS 6
#define VIT_RIGHT_COLUMNS 7

/// The compilers' intrinsics do not say which memory they read: whatever was stored before must be there.
VIT_INLINE void finish_stores(const void* memory) {
  asm volatile("" : : "r"(memory) : "memory");
}

/// What LDTILECFG reads.
struct TileShapes {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};
};
static_assert(sizeof(TileShapes) == 64);

/// Tiles for blocks of `rows` rows: the upper ones have the first half of them.
void shape_tiles(int rows) {
  TileShapes shapes;
  const int upper = (rows + 1) / 2, lower = rows - upper;
  const auto shape = [&shapes](int tile, int height) {
    shapes.rows[tile] = static_cast<std::uint8_t>(height);
    shapes.row_bytes[tile] = height > 0 ? kRowBytes : 0;
  };
  shape(VIT_UPPER_LEFT, upper), shape(VIT_UPPER_RIGHT, upper), shape(VIT_UPPER_ROWS, upper);
  shape(VIT_LOWER_LEFT, lower), shape(VIT_LOWER_RIGHT, lower), shape(VIT_LOWER_ROWS, lower);
  shape(VIT_LEFT_COLUMNS, kTilePairs), shape(VIT_RIGHT_COLUMNS, kTilePairs);
  finish_stores(&shapes);
  _tile_loadconfig(&shapes);
}

/// Rows and columns of one block, and how far apart the rows of each lie in bytes.
struct Factors {
  const float* a = nullptr;
  std::ptrdiff_t a_bytes = 0;
  const float* b = nullptr;
  std::ptrdiff_t b_bytes = 0;
};

/// The block's sums += kTilePairs steps of its products. Tiles that have no rows or no columns are left out.
template <bool kLower, bool kRight>
VIT_INLINE void multiply_tiles(const Factors& at, const float* lower_a) {
  _tile_loadd(VIT_UPPER_ROWS, at.a, at.a_bytes);
  _tile_loadd(VIT_LEFT_COLUMNS, at.b, at.b_bytes);
  _tile_dpbf16ps(VIT_UPPER_LEFT, VIT_UPPER_ROWS, VIT_LEFT_COLUMNS);
  if constexpr (kRight) {
    _tile_loadd(VIT_RIGHT_COLUMNS, at.b + kLanes, at.b_bytes);
    _tile_dpbf16ps(VIT_UPPER_RIGHT, VIT_UPPER_ROWS, VIT_RIGHT_COLUMNS);
  }
  if constexpr (kLower) {
    _tile_loadd(VIT_LOWER_ROWS, lower_a, at.a_bytes);
    _tile_dpbf16ps(VIT_LOWER_LEFT, VIT_LOWER_ROWS, VIT_LEFT_COLUMNS);
    if constexpr (kRight) _tile_dpbf16ps(VIT_LOWER_RIGHT, VIT_LOWER_ROWS, VIT_RIGHT_COLUMNS);
  }
}

/// The last `depth` pairs of a block, fewer than kTilePairs: copies that zeros complete.
struct Remainder {
  alignas(64) float a[kBlockRows * kTilePairs];
  alignas(64) float b[kTilePairs * kPanel];

  void copy_columns(const float* from, std::ptrdiff_t k_stride, int depth) {
    for (int k = 0; k < kTilePairs; ++k) {
      for (int j = 0; j < kPanel; j += kLanes)
        store(b + k * kPanel + j, k < depth ? load(from + k * k_stride + j) : broadcast(0.f));
    }
    finish_stores(b);
  }
  void copy_rows(const float* from, std::ptrdiff_t stride, int rows, int depth) {
    for (int i = 0; i < rows; ++i) store(a + i * kTilePairs, load_first(from + i * stride, depth));
    finish_stores(a);
  }
};

/// `rows` rows times one panel, or its left half where the right one has no columns.
template <bool kLower, bool kRight>
void block(const Gemm& g, int row, int rows, int panel, Remainder& remainder) {
  const int upper = (rows + 1) / 2, column = panel * kPanel, tail = g.depth % kTilePairs;
  constexpr std::ptrdiff_t kFloat = sizeof(float);
  _tile_zero(VIT_UPPER_LEFT);
  if constexpr (kRight) _tile_zero(VIT_UPPER_RIGHT);
  if constexpr (kLower) _tile_zero(VIT_LOWER_LEFT);
  if constexpr (kLower && kRight) _tile_zero(VIT_LOWER_RIGHT);

  Factors at = {g.a + row * g.a_stride, g.a_stride * kFloat, g.b + panel * g.panel_stride, g.k_stride * kFloat};
  const float* lower_a = at.a + upper * g.a_stride;
  for (int k = kTilePairs; k <= g.depth; k += kTilePairs) {
    multiply_tiles<kLower, kRight>(at, lower_a);
    at.a += kTilePairs;
    lower_a += kTilePairs;
    at.b += kTilePairs * g.k_stride;
  }
  if (tail > 0) {
    remainder.copy_rows(at.a, g.a_stride, rows, tail);
    multiply_tiles<kLower, kRight>({remainder.a, kRowBytes, remainder.b, kPanel * kFloat},
                                   remainder.a + upper * kTilePairs);
  }

  // Whole panels whose sums need nothing more go straight to where they belong.
  const int width = g.columns - column < kPanel ? g.columns - column : kPanel;
  const bool bare = width == kPanel && g.activation == Activation::none && g.bias == nullptr && g.scale == nullptr &&
                    g.addend == nullptr && !g.pairs;
  alignas(64) float memory[kBlockRows * kPanel];
  float* to = bare ? g.c + row * g.c_stride + column : memory;
  const std::ptrdiff_t stride = bare ? g.c_stride : kPanel;
  _tile_stored(VIT_UPPER_LEFT, to, stride * kFloat);
  if constexpr (kRight) _tile_stored(VIT_UPPER_RIGHT, to + kLanes, stride * kFloat);
  if constexpr (kLower) _tile_stored(VIT_LOWER_LEFT, to + upper * stride, stride * kFloat);
  if constexpr (kLower && kRight) _tile_stored(VIT_LOWER_RIGHT, to + upper * stride + kLanes, stride * kFloat);
  finish_stores(to);
  if (!bare) finish_tile(g, memory, row, rows, column, width);
}

/// Blocks of `rows` rows each from g.row_begin to g.row_end, all panels.
void gemm_blocks(const Gemm& g, int rows) {
  if (g.row_begin == g.row_end) return;
  shape_tiles(rows);
  Remainder remainder;
  const int tail = g.depth % kTilePairs;
  for (int panel = g.panel_begin; panel < g.panel_end; ++panel) {
    const int width = g.columns - panel * kPanel;
    if (width <= 0) break;
    if (tail > 0)
      remainder.copy_columns(g.b + panel * g.panel_stride + (g.depth - tail) * g.k_stride, g.k_stride, tail);
    const auto function = width > kLanes ? (rows > 1 ? block<true, true> : block<false, true>)
                                         : (rows > 1 ? block<true, false> : block<false, false>);
    for (int row = g.row_begin; row < g.row_end; row += rows) function(g, row, rows, panel, remainder);
  }
}

/// Rows [g.row_begin, g.row_end), at least one: in blocks as equal as can be, the taller ones first.
void gemm_rows_on_tiles(const Gemm& g) {
  const int rows = g.row_end - g.row_begin;
  const int blocks = (rows + kBlockRows - 1) / kBlockRows;
  const int height = rows / blocks, taller = rows % blocks;
  Gemm part = g;
  part.row_end = g.row_begin + taller * (height + 1);
  gemm_blocks(part, height + 1);
  part.row_begin = part.row_end;
  part.row_end = g.row_end;
  gemm_blocks(part, height);
}

void gemm_on_tiles(const Gemm& g) {
  in_near_rows(g, 4 * kBlockRows, gemm_rows_on_tiles);
  _tile_release();  // or the system saves eight kilobytes whenever another thread takes the processor
}

/// See KernelTable::peak: products of tiles that stay where they are.
double peak_on_tiles(int rounds, float* sink) {
  alignas(64) float memory[kTileHeight * kTilePairs];
  for (int i = 0; i < kTileHeight * kTilePairs; ++i) memory[i] = sink[i % kLanes];
  shape_tiles(kBlockRows);
  finish_stores(memory);
  _tile_loadd(VIT_UPPER_ROWS, memory, kRowBytes);
  _tile_loadd(VIT_LOWER_ROWS, memory, kRowBytes);
  _tile_loadd(VIT_LEFT_COLUMNS, memory, kRowBytes);
  _tile_loadd(VIT_RIGHT_COLUMNS, memory, kRowBytes);
  _tile_zero(VIT_UPPER_LEFT);
  _tile_zero(VIT_UPPER_RIGHT);
  _tile_zero(VIT_LOWER_LEFT);
  _tile_zero(VIT_LOWER_RIGHT);
  for (int i = 0; i < rounds; ++i) {
    _tile_dpbf16ps(VIT_UPPER_LEFT, VIT_UPPER_ROWS, VIT_LEFT_COLUMNS);
    _tile_dpbf16ps(VIT_UPPER_RIGHT, VIT_UPPER_ROWS, VIT_RIGHT_COLUMNS);
    _tile_dpbf16ps(VIT_LOWER_LEFT, VIT_LOWER_ROWS, VIT_LEFT_COLUMNS);
    _tile_dpbf16ps(VIT_LOWER_RIGHT, VIT_LOWER_ROWS, VIT_RIGHT_COLUMNS);
  }
  Packet sum = broadcast(0.f);
  const auto collect = [&] {
    finish_stores(memory);
    for (int i = 0; i < kTileHeight; ++i) sum = add(sum, load(memory + i * kTilePairs));
  };
  _tile_stored(VIT_UPPER_LEFT, memory, kRowBytes);
  collect();
  _tile_stored(VIT_UPPER_RIGHT, memory, kRowBytes);
  collect();
  _tile_stored(VIT_LOWER_LEFT, memory, kRowBytes);
  collect();
  _tile_stored(VIT_LOWER_RIGHT, memory, kRowBytes);
  collect();
  _tile_release();
  store(sink, sum);
  constexpr double kSums = 4 * kTileHeight * kLanes;
  return rounds * kSums * kTilePairs * kProductsPerLane;
}

constexpr Bf16Kernels kTable = {.name = "amx",
                                .pair = pair,
                                .pair_rows = pair_rows,
                                .mean = mean,
                                .pair_less = pair_less,
                                .round = round,
                                .gemm = gemm_on_tiles,
                                .peak = peak_on_tiles};

}  // namespace

const Bf16Kernels& amx_kernels() {
  return kTable;
}

}  // namespace vit
