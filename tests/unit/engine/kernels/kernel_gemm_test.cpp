#include <algorithm>

#include "tests/unit/engine/kernels/kernel_support.h"

namespace vit {
namespace {

class KernelGemm : public EveryKernel {};
INSTANTIATE_TEST_SUITE_P(Isa, KernelGemm, KernelGemm::instances(), KernelGemm::name_of);

struct Shape {
  int rows, depth, columns;
};

// Sums of `depth` products of numbers in [-1, 1] reach √depth or so, and each of √depth standard deviations of
// roundings adds 6e-8 of that: the worst of many entries stays below 1e-7·depth.
float tolerance(int depth) {
  return 1e-6f + 1e-7f * static_cast<float>(depth);
}

struct Case {
  Shape shape;
  bool bias = false, scale = false, addend = false, in_place = false;
  Activation activation = Activation::none;
  int row_begin = 0, row_end = -1;      // -1: all
  int panel_begin = 0, panel_end = -1;  // -1: all
};

/// Computes the case with packed weights by `table` and by the reference; the canaries around c must survive.
void compare(const KernelTable& table, const Case& k) {
  const auto [rows, depth, columns] = k.shape;
  const int row_end = k.row_end < 0 ? rows : k.row_end;
  const int panels = (columns + table.panel - 1) / table.panel;
  const int panel_end = k.panel_end < 0 ? panels : k.panel_end;
  const int column_begin = std::min(columns, k.panel_begin * table.panel);
  const int column_end = std::min(columns, panel_end * table.panel);

  const std::ptrdiff_t a_stride = depth + 3, w_stride = depth + 1;
  const std::vector<float> a = random_floats(rows * a_stride), w = random_floats(columns * w_stride);
  const std::vector<float> bias = random_floats(columns), scale = random_floats(columns, 0.5f, 2.f);
  const std::vector<float> residual = random_floats(static_cast<std::size_t>(rows) * columns, -3.f, 3.f);

  const auto run = [&, depth = depth, columns = columns](const KernelTable& by, int first_panel, int last_panel,
                                                         WatchedMatrix& c) {
    // Exactly as long as promised: a sanitizer sees what reads beyond.
    std::vector<float> packed(by.packed_floats(columns, depth));
    by.pack(w.data(), w_stride, columns, depth, packed.data());
    Gemm g;
    g.a = a.data();
    g.a_stride = a_stride;
    g.b = packed.data();
    g.panel_stride = static_cast<std::ptrdiff_t>(depth) * by.panel;
    g.k_stride = by.panel;
    g.depth = depth;
    g.columns = columns;
    g.row_begin = k.row_begin;
    g.row_end = row_end;
    g.panel_begin = first_panel;
    g.panel_end = last_panel;
    if (k.in_place) c.fill(residual);
    g.c = c.data();
    g.c_stride = c.stride;
    if (k.bias) g.bias = bias.data();
    if (k.scale) g.scale = scale.data();
    if (k.in_place) {
      g.addend = c.data();
      g.addend_stride = c.stride;
    } else if (k.addend) {
      g.addend = residual.data();
      g.addend_stride = columns;
    }
    g.activation = k.activation;
    by.gemm(g);
  };
  WatchedMatrix got(rows, columns, columns + 5), expected(rows, columns, columns + 5);
  run(table, k.panel_begin, panel_end, got);
  const KernelTable& reference = reference_kernels();
  run(reference, 0, (columns + reference.panel - 1) / reference.panel, expected);

  float largest = 0;
  int at_row = 0, at_column = 0;
  for (int r = k.row_begin; r < row_end; ++r)
    for (int c = column_begin; c < column_end; ++c) {
      const float error = std::abs(got.at(r, c) - expected.at(r, c));
      if (!(error <= largest)) largest = error, at_row = r, at_column = c;
    }
  EXPECT_LE(largest, tolerance(depth) * (k.scale ? 2.f : 1.f))
      << table.name << ": " << rows << "×" << depth << "×" << columns << " worst at (" << at_row << ", " << at_column
      << "): " << got.at(at_row, at_column) << ", expected " << expected.at(at_row, at_column);
  if (!k.in_place)
    EXPECT_EQ(got.trampled(k.row_begin, row_end, column_begin, column_end), 0)
        << table.name << ": " << rows << "×" << depth << "×" << columns;
  else
    EXPECT_EQ(got.trampled(0, rows, 0, columns), 0) << table.name;
}

TEST_P(KernelGemm, EveryHeightOfTile) {
  for (int rows = 1; rows <= 3 * table().row_block + 1; ++rows)
    compare(table(), {.shape = {rows, 24, 2 * table().panel}});
}

TEST_P(KernelGemm, EveryWidthOfTheLastPanel) {
  for (int columns = 1; columns <= 2 * table().panel + 1; ++columns) {
    compare(table(), {.shape = {17, 33, columns}});
    compare(table(), {.shape = {5, 9, columns}, .bias = true, .scale = true, .addend = true});
  }
}

TEST_P(KernelGemm, EveryDepth) {
  for (int depth = 1; depth <= 70; ++depth) compare(table(), {.shape = {15, depth, table().panel + 3}});
  for (int depth : {192, 197, 383, 384, 385, 392, 768, 769, 1024, 1153, 3072})
    compare(table(), {.shape = {29, depth, 3 * table().panel + 7}});
}

// One chain of 3072 multiply-adds loses more to rounding than a sum of shorter chains does.
TEST_P(KernelGemm, LongSumsAreSumsOfShorterOnes) {
  const int depth = 3072, rows = 28, columns = 2 * table().panel;
  const std::vector<float> a = random_floats(rows * depth), w = random_floats(columns * depth);
  std::vector<float> packed(table().packed_floats(columns, depth)), c(rows * columns);
  table().pack(w.data(), depth, columns, depth, packed.data());
  table().gemm({.a = a.data(),
                .a_stride = depth,
                .b = packed.data(),
                .panel_stride = static_cast<std::ptrdiff_t>(depth) * table().panel,
                .k_stride = table().panel,
                .depth = depth,
                .columns = columns,
                .row_end = rows,
                .panel_end = 2,
                .c = c.data(),
                .c_stride = columns});
  double squares = 0, chain_squares = 0;
  for (int r = 0; r < rows; ++r)
    for (int col = 0; col < columns; ++col) {
      double exact = 0;
      float chain = 0;
      for (int k = 0; k < depth; ++k) {
        exact += static_cast<double>(a[r * depth + k]) * w[col * depth + k];
        chain = std::fma(a[r * depth + k], w[col * depth + k], chain);
      }
      squares += std::pow(c[r * columns + col] - exact, 2);
      chain_squares += std::pow(chain - exact, 2);
    }
  EXPECT_LT(std::sqrt(squares / chain_squares), 0.6) << table().name;
}

TEST_P(KernelGemm, SizesOfRealNetworks) {
  compare(table(), {.shape = {197, 192, 576}, .bias = true});
  compare(table(), {.shape = {197, 384, 384}, .bias = true, .in_place = true});
  compare(table(), {.shape = {1, 768, 1000}, .bias = true});
  compare(table(), {.shape = {1370, 64, 1370}});
}

TEST_P(KernelGemm, EveryEpilogue) {
  for (const int columns : {2 * table().panel, 2 * table().panel + 1, 3 * table().panel - 1})
    for (const Activation activation : {Activation::none, Activation::gelu, Activation::gelu_tanh,
                                        Activation::quick_gelu, Activation::relu, Activation::silu})
      for (int flags = 0; flags < 16; ++flags)
        compare(table(), {.shape = {16, 40, columns},
                          .bias = (flags & 1) != 0,
                          .scale = (flags & 2) != 0,
                          .addend = (flags & 4) != 0,
                          .in_place = (flags & 8) != 0,
                          .activation = activation});
}

TEST_P(KernelGemm, RowAndPanelRangesTouchNothingElse) {
  const int columns = 4 * table().panel + 2;
  for (const auto& [begin, end] : {std::pair(0, 0), std::pair(3, 4), std::pair(14, 29), std::pair(98, 99)})
    for (const auto& [first, last] : {std::pair(0, 1), std::pair(1, 3), std::pair(4, 5), std::pair(2, 2)})
      compare(table(), {.shape = {99, 31, columns},
                        .bias = true,
                        .row_begin = begin,
                        .row_end = end,
                        .panel_begin = first,
                        .panel_end = last});
}

// attn·v reads V where it lies: panels side by side in a row-major matrix, the head's columns in the middle.
TEST_P(KernelGemm, PlainRowMajorRightHandSide) {
  const int tokens = 50;
  for (const int head_dim : {1, 2, 3, 7, 8, 12, 16, 17, 24, 32, 33, 48, 64, 65, 96, 192, 384, 768, 1024}) {
    for (const int first_column : {0, head_dim, 2 * head_dim + 1}) {
      const int width = 3 * head_dim + 1;
      const std::ptrdiff_t stride = width + table().panel;  // a whole panel can be read behind the last column
      const std::vector<float> v = random_floats(tokens * stride), weights = random_floats(tokens * 70);
      WatchedMatrix got(15, head_dim, head_dim + 2), expected(15, head_dim, head_dim + 2);
      const auto run = [&](const KernelTable& by, WatchedMatrix& c) {
        Gemm g;
        g.a = weights.data();
        g.a_stride = 70;
        g.b = v.data() + first_column;
        g.panel_stride = by.panel;
        g.k_stride = stride;
        g.depth = tokens;
        g.columns = head_dim;
        g.row_end = 15;
        g.panel_end = (head_dim + by.panel - 1) / by.panel;
        g.c = c.data();
        g.c_stride = c.stride;
        by.gemm(g);
      };
      run(table(), got);
      run(reference_kernels(), expected);
      float largest = 0;
      for (int r = 0; r < 15; ++r)
        for (int c = 0; c < head_dim; ++c) largest = std::max(largest, std::abs(got.at(r, c) - expected.at(r, c)));
      EXPECT_LE(largest, tolerance(tokens)) << table().name << " head_dim " << head_dim << " at " << first_column;
      EXPECT_EQ(got.trampled(0, 15, 0, head_dim), 0) << table().name << " head_dim " << head_dim;
    }
  }
}

TEST_P(KernelGemm, PackPutsZerosBeyondTheLastColumn) {
  for (const int count : {1, 3, 7, 8, 15, 16, 17, 31, 32, 33, 197})
    for (const int depth : {1, 2, 5, 8, 15, 16, 17, 64, 70}) {
      const std::vector<float> rows = random_floats(static_cast<std::size_t>(count) * depth);
      const int panel = table().panel;
      std::vector<float> packed(table().packed_floats(count, depth), kCanary);
      table().pack(rows.data(), depth, count, depth, packed.data());
      int wrong = 0;
      for (int j = 0; j < (count + panel - 1) / panel * panel; ++j)
        for (int k = 0; k < depth; ++k) {
          const float expected = j < count ? rows[j * depth + k] : 0.f;
          if (packed[(static_cast<std::size_t>(j / panel) * depth + k) * panel + j % panel] != expected) ++wrong;
        }
      EXPECT_EQ(wrong, 0) << table().name << " " << count << "×" << depth;
    }
}

}  // namespace
}  // namespace vit
