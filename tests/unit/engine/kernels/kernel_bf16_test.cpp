#include <cstring>
#include <limits>

#include "engine/kernels/bf16_kernels.h"
#include "tests/unit/engine/kernels/kernel_support.h"

namespace vit {
namespace {

/// One test for each table that this processor has bf16 products of, the plain loops among them.
class KernelBf16 : public testing::TestWithParam<std::string> {
 protected:
  const KernelTable& table() const { return *kernels_by_name(GetParam()); }
  const Bf16Kernels& bf16() const { return *bf16_kernels(table()); }

 public:
  static auto instances() {
    std::vector<std::string> names;
    for (const std::string& name : available_instruction_sets()) {
      if (bf16_kernels(*kernels_by_name(name)) != nullptr) names.push_back(name);
    }
    return testing::ValuesIn(names);
  }
};
INSTANTIATE_TEST_SUITE_P(Isa, KernelBf16, KernelBf16::instances(), [](const auto& each) { return each.param; });

std::uint32_t bits_of(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

float float_of(std::uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

TEST_P(KernelBf16, RoundsToTheNearestAndTiesToEven) {
  struct Case {
    float x, rounded;
  };
  const float infinity = std::numeric_limits<float>::infinity();
  // The spacing of bf16 numbers in [1, 2) is 2⁻⁷ = 0.0078125.
  const Case cases[] = {
      {1.f, 1.f},
      {1.00390625f, 1.f},                              // half way, to the even one below
      {1.01171875f, 1.015625f},                        // half way, to the even one above
      {std::nextafter(1.00390625f, 2.f), 1.0078125f},  // a little more than half way
      {std::nextafter(1.01171875f, 1.f), 1.0078125f},  // a little less
      {-1.01171875f, -1.015625f},
      {3.14159274f, 3.140625f},
      {0.1f, 0.10009765625f},
      {1e-38f * 0.1f, 0.f},  // denormal
      {-0.f, -0.f},
      {std::numeric_limits<float>::max(), infinity},
      {infinity, infinity},
      {-infinity, -infinity},
  };
  for (const Case& c : cases) {
    float x = c.x;
    bf16().round(&x, 1);
    EXPECT_EQ(bits_of(x), bits_of(c.rounded)) << c.x << " became " << x;
  }
  for (const std::uint32_t nan : {0x7fc00000u, 0x7f800001u, 0xffffffffu}) {
    float x = float_of(nan);
    bf16().round(&x, 1);
    EXPECT_TRUE(std::isnan(x)) << std::hex << nan;
  }
}

TEST_P(KernelBf16, RoundsAsThePlainLoopsDo) {
  std::vector<float> x = random_floats(5000, -3.f, 3.f), expected;
  std::mt19937 generator(3);
  for (int i = 0; i < 5000; ++i) {
    const float any = float_of(static_cast<std::uint32_t>(generator()));
    if (!std::isnan(any)) x.push_back(any);
  }
  expected = x;
  bf16().round(x.data(), static_cast<int>(x.size()));
  reference_bf16_kernels().round(expected.data(), static_cast<int>(expected.size()));
  for (std::size_t i = 0; i < x.size(); ++i) ASSERT_EQ(bits_of(x[i]), bits_of(expected[i])) << i;
}

TEST_P(KernelBf16, PairsNeighboursOfARowAndOfTwoRows) {
  for (int count = 1; count <= 70; ++count) {
    const std::vector<float> x = random_floats(static_cast<std::size_t>(count)),
                             other = random_floats(static_cast<std::size_t>(count));
    std::vector<float> rounded = x, other_rounded = other;
    bf16().round(rounded.data(), count);
    bf16().round(other_rounded.data(), count);
    const auto upper = [](float a) { return bits_of(a) >> 16; };

    WatchedMatrix row(1, pairs_of(count), 80), rows(1, count, 80), alone(1, count, 80);
    bf16().pair(x.data(), count, row.data());
    for (int i = 0; i < pairs_of(count); ++i) {
      const auto at = static_cast<std::size_t>(2 * i);
      const std::uint32_t second = 2 * i + 1 < count ? upper(rounded[at + 1]) : 0;
      EXPECT_EQ(bits_of(row.at(0, i)), upper(rounded[at]) | second << 16) << count << ", pair " << i;
    }
    bf16().pair_rows(x.data(), other.data(), count, rows.data());
    bf16().pair_rows(x.data(), nullptr, count, alone.data());
    for (int j = 0; j < count; ++j) {
      const auto at = static_cast<std::size_t>(j);
      EXPECT_EQ(bits_of(rows.at(0, j)), upper(rounded[at]) | upper(other_rounded[at]) << 16) << count << ", " << j;
      EXPECT_EQ(bits_of(alone.at(0, j)), upper(rounded[at])) << count << ", " << j;
    }
    EXPECT_EQ(row.trampled(0, 1, 0, pairs_of(count)), 0) << count;
    EXPECT_EQ(rows.trampled(0, 1, 0, count), 0) << count;
    EXPECT_EQ(alone.trampled(0, 1, 0, count), 0) << count;
  }
}

/// c = a·wᵀ of `depth` numbers each, against sums in double of the rounded numbers.
void compare(const KernelTable& table, const Bf16Kernels& bf16, int rows, int depth, int columns) {
  const int steps = pairs_of(depth), panels = (columns + table.panel - 1) / table.panel;
  std::vector<float> a = random_floats(static_cast<std::size_t>(rows) * depth),
                     w = random_floats(static_cast<std::size_t>(columns) * depth);
  std::vector<Bf16Pair> a_pairs(static_cast<std::size_t>(rows) * steps),
      w_pairs(static_cast<std::size_t>(columns) * steps), packed(table.packed_floats(columns, steps));
  for (int r = 0; r < rows; ++r) bf16.pair(a.data() + r * depth, depth, a_pairs.data() + r * steps);
  for (int j = 0; j < columns; ++j) bf16.pair(w.data() + j * depth, depth, w_pairs.data() + j * steps);
  table.pack(w_pairs.data(), steps, columns, steps, packed.data());
  const std::vector<float> bias = random_floats(static_cast<std::size_t>(columns));

  WatchedMatrix c(rows, columns, columns + 5);
  bf16.gemm({.a = a_pairs.data(),
             .a_stride = steps,
             .b = packed.data(),
             .panel_stride = static_cast<std::ptrdiff_t>(steps) * table.panel,
             .k_stride = table.panel,
             .depth = steps,
             .columns = columns,
             .row_end = rows,
             .panel_end = panels,
             .c = c.data(),
             .c_stride = c.stride,
             .bias = bias.data()});

  bf16.round(a.data(), static_cast<int>(a.size()));
  bf16.round(w.data(), static_cast<int>(w.size()));
  double largest = 0;
  for (int r = 0; r < rows; ++r)
    for (int j = 0; j < columns; ++j) {
      double sum = bias[static_cast<std::size_t>(j)];
      for (int k = 0; k < depth; ++k) sum += static_cast<double>(a[r * depth + k]) * w[j * depth + k];
      largest = std::max(largest, std::abs(sum - c.at(r, j)));
    }
  // Far below what one number that is rounded wrongly would make: 2⁻⁹ of it.
  EXPECT_LE(largest, 1e-6 + 1e-7 * depth) << table.name << ": " << rows << "×" << depth << "×" << columns;
  EXPECT_EQ(c.trampled(0, rows, 0, columns), 0);
}

TEST_P(KernelBf16, MultipliesPairsAndAddsInF32) {
  for (int rows = 1; rows <= 2 * table().row_block + 1; ++rows) compare(table(), bf16(), rows, 24, table().panel);
  for (int columns = 1; columns <= 2 * table().panel + 1; ++columns) compare(table(), bf16(), 9, 33, columns);
  for (int depth = 1; depth <= 40; ++depth) compare(table(), bf16(), 15, depth, table().panel + 3);
  for (int depth : {197, 768, 769, 1537, 3072}) compare(table(), bf16(), 29, depth, 2 * table().panel + 7);
}

}  // namespace
}  // namespace vit
