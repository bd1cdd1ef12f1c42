#include <limits>

#include "tests/unit/engine/kernels/kernel_support.h"

namespace vit {
namespace {

class KernelSoftmax : public EveryKernel {};
INSTANTIATE_TEST_SUITE_P(Isa, KernelSoftmax, KernelSoftmax::instances(), KernelSoftmax::name_of);
class KernelLayerNorm : public EveryKernel {};
INSTANTIATE_TEST_SUITE_P(Isa, KernelLayerNorm, KernelLayerNorm::instances(), KernelLayerNorm::name_of);

constexpr int kRows = 5;

WatchedMatrix scores(int columns, float low, float high) {
  // Rows may be cleared up to the next whole vector, 16 floats at most.
  WatchedMatrix s(kRows, columns, (columns + 15) / 16 * 16 + 16);
  s.fill(random_floats(static_cast<std::size_t>(kRows) * columns, low, high));
  return s;
}

void run(const KernelTable& table, WatchedMatrix& s, float scale, int row_begin = 0, int row_end = kRows) {
  table.softmax({.s = s.data(),
                 .stride = s.stride,
                 .row_begin = row_begin,
                 .row_end = row_end,
                 .columns = s.columns,
                 .scale = scale});
}

TEST_P(KernelSoftmax, EveryWidthAgreesWithTheReference) {
  for (int columns = 1; columns < 420; columns += columns < 70 ? 1 : 13) {
    for (const float range : {1.f, 30.f}) {
      WatchedMatrix got = scores(columns, -range, range), expected = got;
      run(table(), got, 0.7f);
      run(reference_kernels(), expected, 0.7f);
      float largest = 0;
      for (int r = 0; r < kRows; ++r) {
        double sum = 0;
        for (int c = 0; c < columns; ++c) {
          largest = std::max(largest, std::abs(got.at(r, c) - expected.at(r, c)) / (1e-3f + expected.at(r, c)));
          sum += got.at(r, c);
        }
        EXPECT_NEAR(sum, 1.0, 1e-6) << table().name << " " << columns;
      }
      // The scores are rounded once after the scale, to 1e-6 at ±20; e^x carries that over.
      EXPECT_LE(largest, 4e-6f) << table().name << " " << columns << " ±" << range;
    }
  }
}

TEST_P(KernelSoftmax, WidthsOfBigImages) {
  for (const int columns : {577, 1370, 5000}) {
    WatchedMatrix got = scores(columns, -5.f, 5.f), expected = got;
    run(table(), got, 1.f);
    run(reference_kernels(), expected, 1.f);
    for (int r = 0; r < kRows; ++r) {
      double sum = 0;
      float largest = 0;
      for (int c = 0; c < columns; ++c) {
        largest = std::max(largest, std::abs(got.at(r, c) - expected.at(r, c)));
        sum += got.at(r, c);
      }
      EXPECT_NEAR(sum, 1.0, 1e-6) << table().name << " " << columns;
      EXPECT_LE(largest, 1e-7f) << table().name << " " << columns;
    }
  }
}

/// What a row's softmax has seen before the first of its parts.
struct Seen {
  std::vector<float> largest = std::vector<float>(kRows, -std::numeric_limits<float>::infinity());
  std::vector<float> sum = std::vector<float>(kRows), factor = std::vector<float>(kRows, kCanary);
};

void run_part(const KernelTable& table, WatchedMatrix& s, int first, int count, float scale, Seen& seen) {
  table.softmax_part({.s = s.data() + first,
                      .stride = s.stride,
                      .rows = kRows,
                      .columns = count,
                      .scale = scale,
                      .largest = seen.largest.data(),
                      .sum = seen.sum.data(),
                      .factor = seen.factor.data()});
}

TEST_P(KernelSoftmax, PartsMakeTheWhole) {
  for (const float range : {1.f, 30.f}) {
    for (const int part : {16, 48, 384}) {
      constexpr int kColumns = 397;
      WatchedMatrix got = scores(kColumns, -range, range), whole = got;
      for (int c = 0; c < kColumns; ++c)
        got.at(1, c) = whole.at(1, c) = range * static_cast<float>(c) / kColumns;  // grows
      run(reference_kernels(), whole, 0.7f);
      Seen seen;
      WatchedMatrix before(kRows, kColumns, got.stride);  // the factors of all later parts, for each column
      before.fill(std::vector<float>(static_cast<std::size_t>(kRows) * kColumns, 1.f));
      for (int first = 0; first < kColumns; first += part) {
        run_part(table(), got, first, std::min(part, kColumns - first), 0.7f, seen);
        for (int r = 0; r < kRows; ++r) {
          if (first == 0) {
            EXPECT_EQ(seen.factor[static_cast<std::size_t>(r)], 0.f) << table().name;
          }
          for (int c = 0; c < first; ++c) before.at(r, c) *= seen.factor[static_cast<std::size_t>(r)];
        }
      }
      for (int r = 0; r < kRows; ++r) {
        const float sum = seen.sum[static_cast<std::size_t>(r)];
        for (int c = 0; c < kColumns; ++c)
          EXPECT_NEAR(got.at(r, c) * before.at(r, c) / sum, whole.at(r, c), 1e-7f + 5e-6f * whole.at(r, c))
              << table().name << " parts of " << part << ", row " << r << ", column " << c;
      }
    }
  }
}

TEST_P(KernelSoftmax, APartLeavesWhatStandsBesideIt) {
  WatchedMatrix s = scores(64, -1.f, 1.f);
  const WatchedMatrix before = s;
  Seen seen;
  run_part(table(), s, 16, 20, 1.f, seen);
  for (int r = 0; r < kRows; ++r) {
    for (int c = 0; c < 16; ++c) EXPECT_EQ(s.at(r, c), before.at(r, c)) << table().name;
    for (int c = 48; c < 64; ++c) EXPECT_EQ(s.at(r, c), before.at(r, c)) << table().name;
  }
  EXPECT_EQ(s.trampled(0, kRows, 0, 64), 0) << table().name;
}

TEST_P(KernelSoftmax, NotANumberStaysOne) {
  WatchedMatrix s = scores(40, -1.f, 1.f);
  s.at(2, 7) = std::numeric_limits<float>::quiet_NaN();
  Seen seen;
  run_part(table(), s, 0, 32, 1.f, seen);
  run_part(table(), s, 32, 8, 1.f, seen);
  EXPECT_TRUE(std::isnan(seen.sum[2])) << table().name;
  EXPECT_TRUE(std::isfinite(seen.sum[1]) && std::isfinite(seen.sum[3])) << table().name;
}

TEST_P(KernelSoftmax, OnlyTheRowsAskedForAndTheirPaddingChange) {
  for (const int columns : {1, 7, 16, 33, 197}) {
    WatchedMatrix s = scores(columns, -1.f, 1.f);
    const WatchedMatrix before = s;
    run(table(), s, 1.f, 1, 3);
    for (int r : {0, 3, 4})
      for (int c = 0; c < columns; ++c) EXPECT_EQ(s.at(r, c), before.at(r, c)) << table().name << " row " << r;
    EXPECT_EQ(s.trampled(0, kRows, 0, (columns + 15) / 16 * 16), 0) << table().name << " " << columns;
    for (int c = columns; c < s.stride; ++c)
      EXPECT_TRUE(s.at(1, c) == 0.f || s.at(1, c) == kCanary) << table().name << " padding is " << s.at(1, c);
  }
}

TEST_P(KernelSoftmax, HugeScoresGiveZerosAndOnes) {
  for (const int columns : {3, 16, 40, 197}) {
    WatchedMatrix s = scores(columns, -1e4f, -9e3f);
    for (int r = 0; r < kRows; ++r) s.at(r, columns / 2) = 1e4f;
    run(table(), s, 1.f);
    for (int r = 0; r < kRows; ++r)
      for (int c = 0; c < columns; ++c) EXPECT_EQ(s.at(r, c), c == columns / 2 ? 1.f : 0.f) << table().name;
  }
}

TEST_P(KernelSoftmax, EqualScoresShareEqually) {
  for (const float score : {0.f, 1e4f, -1e4f, 1e30f}) {
    WatchedMatrix s = scores(50, 0.f, 1.f);
    for (int c = 0; c < 50; ++c) s.at(0, c) = score;
    run(table(), s, 0.125f);
    for (int c = 0; c < 50; ++c) EXPECT_FLOAT_EQ(s.at(0, c), 1.f / 50) << table().name << " at " << score;
  }
}

TEST_P(KernelSoftmax, MaskedScoresGetNothing) {
  WatchedMatrix s = scores(37, -1.f, 1.f), expected = s;
  for (WatchedMatrix* m : {&s, &expected})
    for (int c = 0; c < 37; c += 3) m->at(0, c) = -std::numeric_limits<float>::infinity();
  run(table(), s, 1.f);
  run(reference_kernels(), expected, 1.f);
  for (int c = 0; c < 37; ++c) {
    EXPECT_NEAR(s.at(0, c), expected.at(0, c), 1e-7f) << table().name << " column " << c;
    if (c % 3 == 0) {
      EXPECT_EQ(s.at(0, c), 0.f) << table().name << " column " << c;
    }
  }
}

// A broken network must show as NaN, not as a plausible picture.
TEST_P(KernelSoftmax, NotANumberSpreadsOverItsRow) {
  for (const int at : {0, 20, 36}) {
    WatchedMatrix s = scores(37, -1.f, 1.f);
    s.at(2, at) = std::numeric_limits<float>::quiet_NaN();
    run(table(), s, 1.f);
    EXPECT_TRUE(std::isnan(s.at(2, at))) << table().name << " at " << at;
    EXPECT_TRUE(std::isnan(s.at(2, 5))) << table().name << " at " << at;
    EXPECT_FALSE(std::isnan(s.at(1, at))) << table().name;
  }
}

TEST_P(KernelLayerNorm, EveryWidthAgreesWithTheReference) {
  for (int columns = 1; columns < 1100; columns += columns < 70 ? 1 : 59) {
    const std::vector<float> weight = random_floats(columns, 0.5f, 1.5f), bias = random_floats(columns);
    // A mean far from zero: a variance taken as E[x²] - E[x]² would lose its digits.
    const std::vector<float> x = random_floats(static_cast<std::size_t>(kRows) * columns, 28.f, 32.f);
    WatchedMatrix got(kRows, columns, columns + 3), expected(kRows, columns, columns + 3);
    const auto run = [&](const KernelTable& by, WatchedMatrix& y) {
      by.layer_norm({.x = x.data(),
                     .x_stride = columns,
                     .y = y.data(),
                     .y_stride = y.stride,
                     .row_begin = 1,
                     .row_end = 4,
                     .columns = columns,
                     .weight = weight.data(),
                     .bias = bias.data(),
                     .eps = 1e-5f});
    };
    run(table(), got);
    run(reference_kernels(), expected);
    float largest = 0;
    for (int r = 1; r < 4; ++r)
      for (int c = 0; c < columns; ++c) largest = std::max(largest, std::abs(got.at(r, c) - expected.at(r, c)));
    // One column has no variance: the rounding of its mean is all that is left, times 1/√eps.
    EXPECT_LE(largest, columns < 3 ? 2e-3f : 2e-5f) << table().name << " " << columns;
    EXPECT_EQ(got.trampled(1, 4, 0, columns), 0) << table().name << " " << columns;
  }
}

TEST_P(KernelLayerNorm, NotCentredIsRmsNorm) {
  const int columns = 77;
  const std::vector<float> weight = random_floats(columns), bias(columns, 0.f);
  const std::vector<float> x = random_floats(columns, 0.5f, 2.f);  // a mean that would show
  std::vector<float> y(columns);
  table().layer_norm({.x = x.data(),
                      .x_stride = columns,
                      .y = y.data(),
                      .y_stride = columns,
                      .row_end = 1,
                      .columns = columns,
                      .weight = weight.data(),
                      .bias = bias.data(),
                      .eps = 1e-3f,
                      .centred = false});
  double squares = 0;
  for (const float value : x) squares += static_cast<double>(value) * value;
  const double factor = 1 / std::sqrt(squares / columns + 1e-3);
  for (int i = 0; i < columns; ++i) EXPECT_NEAR(y[i], x[i] * factor * weight[i], 2e-6) << table().name << " " << i;
}

TEST_P(KernelLayerNorm, InPlace) {
  const int columns = 77;
  const std::vector<float> weight = random_floats(columns), bias = random_floats(columns);
  std::vector<float> x = random_floats(3 * columns), expected(x.size());
  const LayerNorm norm = {.x = x.data(),
                          .x_stride = columns,
                          .y = expected.data(),
                          .y_stride = columns,
                          .row_end = 3,
                          .columns = columns,
                          .weight = weight.data(),
                          .bias = bias.data()};
  reference_kernels().layer_norm(norm);
  LayerNorm in_place = norm;
  in_place.y = x.data();
  table().layer_norm(in_place);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(x[i], expected[i], 2e-6f) << table().name << " " << i;
}

}  // namespace
}  // namespace vit
