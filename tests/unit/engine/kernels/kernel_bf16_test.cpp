#include <algorithm>
#include <cstring>
#include <limits>

#include "engine/kernels/bf16_kernels.h"
#include "tests/unit/engine/kernels/kernel_support.h"

namespace vit {
namespace {

/// Bf16 products beside the table whose panels they share.
struct Bf16OfTable {
  const KernelTable* table;
  const Bf16Kernels* bf16;
};

void PrintTo(const Bf16OfTable& of, std::ostream* out) {
  *out << of.bf16->name;
}

/// One test for each way in which this processor multiplies bf16 numbers, the plain loops among them.
class KernelBf16 : public testing::TestWithParam<Bf16OfTable> {
 protected:
  const KernelTable& table() const { return *GetParam().table; }
  const Bf16Kernels& bf16() const { return *GetParam().bf16; }

 public:
  static auto instances() {
    std::vector<Bf16OfTable> all;
    for (const std::string& name : available_instruction_sets()) {
      const KernelTable* table = kernels_by_name(name);
      for (const Bf16Kernels* bf16 : available_bf16_kernels(*table)) all.push_back({table, bf16});
    }
    return testing::ValuesIn(all);
  }
};
INSTANTIATE_TEST_SUITE_P(Isa, KernelBf16, KernelBf16::instances(),
                         [](const auto& each) { return std::string(each.param.bf16->name); });

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

TEST_P(KernelBf16, TakesTheMeanFromARowBeforeItIsRounded) {
  const int rows = 5, stride = 90;
  for (int count = 1; count <= 70; ++count) {
    WatchedMatrix x(rows, count, stride), mean(1, count, 80), pairs(1, pairs_of(count), 80);
    const std::vector<float> numbers = random_floats(static_cast<std::size_t>(rows * count), -2.f, 4.f);
    for (int r = 0; r < rows; ++r) std::copy_n(numbers.data() + r * count, count, x.data() + r * stride);
    bf16().mean(x.data(), stride, rows, count, mean.data());
    std::vector<float> centred;
    for (int j = 0; j < count; ++j) {
      float sum = 0.f;
      for (int r = 0; r < rows; ++r) sum += x.at(r, j);
      EXPECT_EQ(mean.at(0, j), sum / rows) << count << ", " << j;
      centred.push_back(x.at(1, j) - mean.at(0, j));
    }
    bf16().pair_less(x.data() + stride, mean.data(), count, pairs.data());
    std::vector<Bf16Pair> expected(static_cast<std::size_t>(pairs_of(count)));
    bf16().pair(centred.data(), count, expected.data());
    for (int i = 0; i < pairs_of(count); ++i)
      EXPECT_EQ(bits_of(pairs.at(0, i)), bits_of(expected[static_cast<std::size_t>(i)])) << count << ", pair " << i;
    EXPECT_EQ(mean.trampled(0, 1, 0, count), 0) << count;
    EXPECT_EQ(pairs.trampled(0, 1, 0, pairs_of(count)), 0) << count;
  }
}

/// What a product begins with and ends in.
struct Form {
  bool packed = true;  // panels, or a plain row-major matrix whose rows hold pairs of two rows
  bool bare = false;   // nothing is added to the sums
};

/// c = a·w of `depth` numbers each, against sums in double of the rounded numbers.
void compare(const Bf16OfTable& of, int rows, int depth, int columns, const Form& form = {}) {
  const int panel = of.table->panel, steps = pairs_of(depth), panels = (columns + panel - 1) / panel;
  const int width = panels * panel;
  std::vector<float> a = random_floats(static_cast<std::size_t>(rows) * depth),
                     w = random_floats(static_cast<std::size_t>(depth) * width);
  std::vector<Bf16Pair> a_pairs(static_cast<std::size_t>(rows) * steps),
      w_pairs(static_cast<std::size_t>(width) * steps);
  for (int r = 0; r < rows; ++r) of.bf16->pair(a.data() + r * depth, depth, a_pairs.data() + r * steps);
  const std::ptrdiff_t k_stride = form.packed ? panel : width, panel_stride = form.packed ? steps * panel : panel;
  for (int k = 0; k < steps; ++k) {
    const float* upper = w.data() + std::ptrdiff_t{2} * k * width;
    for (int p = 0; p < panels; ++p)
      of.bf16->pair_rows(upper + p * panel, 2 * k + 1 < depth ? upper + width + p * panel : nullptr, panel,
                         w_pairs.data() + p * panel_stride + k * k_stride);
  }
  const std::vector<float> bias = random_floats(static_cast<std::size_t>(columns));

  WatchedMatrix c(rows, columns, columns + 5);
  of.bf16->gemm({.a = a_pairs.data(),
                 .a_stride = steps,
                 .b = w_pairs.data(),
                 .panel_stride = panel_stride,
                 .k_stride = k_stride,
                 .depth = steps,
                 .columns = columns,
                 .row_end = rows,
                 .panel_end = panels,
                 .c = c.data(),
                 .c_stride = c.stride,
                 .bias = form.bare ? nullptr : bias.data()});

  of.bf16->round(a.data(), static_cast<int>(a.size()));
  of.bf16->round(w.data(), static_cast<int>(w.size()));
  double largest = 0;
  for (int r = 0; r < rows; ++r)
    for (int j = 0; j < columns; ++j) {
      double sum = form.bare ? 0. : bias[static_cast<std::size_t>(j)];
      for (int k = 0; k < depth; ++k) sum += static_cast<double>(a[r * depth + k]) * w[k * width + j];
      largest = std::max(largest, std::abs(sum - c.at(r, j)));
    }
  // Far below what one number that is rounded wrongly would make: 2⁻⁹ of it.
  EXPECT_LE(largest, 1e-6 + 1e-7 * depth) << rows << "×" << depth << "×" << columns;
  EXPECT_EQ(c.trampled(0, rows, 0, columns), 0) << rows << "×" << depth << "×" << columns;
}

TEST_P(KernelBf16, MultipliesPairsAndAddsInF32) {
  const int panel = table().panel;
  for (int rows = 1; rows <= 70; ++rows) compare(GetParam(), rows, 24, panel);
  for (int columns = 1; columns <= 2 * panel + 1; ++columns) compare(GetParam(), 9, 33, columns);
  for (int depth = 1; depth <= 70; ++depth) compare(GetParam(), 35, depth, panel + 3);
  for (int depth : {197, 768, 769, 1537, 3072}) compare(GetParam(), 29, depth, 2 * panel + 7);
}

TEST_P(KernelBf16, MultipliesWithRowMajorMatricesAndLeavesSumsAsTheyAre) {
  const int panel = table().panel;
  for (int depth : {1, 31, 32, 33, 64, 197}) {
    for (int rows : {1, 14, 33, 64}) {
      for (const Form& form : {Form{true, true}, Form{false, true}, Form{false, false}}) {
        compare(GetParam(), rows, depth, 2 * panel, form);
        compare(GetParam(), rows, depth, panel + 1, form);
      }
    }
  }
}

/// Rows and panels that the product leaves out stay as they are, and all that follows a sum is done once.
TEST_P(KernelBf16, MultipliesPartsAndFinishesThem) {
  const int panel = table().panel, rows = 50, steps = 21, columns = 3 * panel;
  const std::vector<float> numbers = random_floats(static_cast<std::size_t>(2 * steps * (rows + columns)));
  std::vector<Bf16Pair> pairs(numbers.size() / 2);
  bf16().pair(numbers.data(), static_cast<int>(numbers.size()), pairs.data());
  const std::vector<float> bias = random_floats(static_cast<std::size_t>(columns)),
                           scale = random_floats(static_cast<std::size_t>(columns)),
                           addend = random_floats(static_cast<std::size_t>(rows * columns));
  WatchedMatrix c(rows, columns, columns + 3), sums(rows, columns, columns);
  Gemm product = {.a = pairs.data(),
                  .a_stride = steps,
                  .b = pairs.data() + rows * steps,
                  .panel_stride = steps * panel,
                  .k_stride = panel,
                  .depth = steps,
                  .columns = columns,
                  .row_end = rows,
                  .panel_end = 3,
                  .c = sums.data(),
                  .c_stride = sums.stride};
  bf16().gemm(product);
  product.c = c.data();
  product.c_stride = c.stride;
  product.bias = bias.data();
  product.scale = scale.data();
  product.addend = addend.data();
  product.addend_stride = columns;
  product.activation = Activation::relu;
  product.row_begin = 3;
  product.row_end = 48;
  product.panel_begin = 1;
  product.panel_end = 3;
  bf16().gemm(product);
  for (int r = 3; r < 48; ++r) {
    for (int j = panel; j < columns; ++j) {
      const auto at = static_cast<std::size_t>(j);
      const float sum = std::max(sums.at(r, j) + bias[at], 0.f) * scale[at];
      EXPECT_NEAR(c.at(r, j), sum + addend[static_cast<std::size_t>(r * columns + j)], 1e-5) << r << ", " << j;
    }
  }
  EXPECT_EQ(c.trampled(3, 48, panel, columns), 0);
}

/// A product with `pairs` is the product in floats, rounded afterwards; what it leaves out stays as it is.
void expect_rounded_afterwards(const Bf16OfTable& of, Gemm product) {
  const int begin = product.panel_begin * of.table->panel;
  const int end = std::min(product.panel_end * of.table->panel, product.columns);
  const int columns = product.columns, last_pair = begin / 2 + pairs_of(end - begin);
  WatchedMatrix floats(product.row_end, columns, columns), pairs(product.row_end, pairs_of(columns), columns + 4);
  product.c = floats.data();
  product.c_stride = floats.stride;
  of.bf16->gemm(product);
  product.c = pairs.data();
  product.c_stride = pairs.stride;
  product.pairs = true;
  of.bf16->gemm(product);
  std::vector<Bf16Pair> expected(static_cast<std::size_t>(pairs_of(columns)));
  for (int r = product.row_begin; r < product.row_end; ++r) {
    of.bf16->pair(floats.data() + r * floats.stride + begin, end - begin, expected.data() + begin / 2);
    for (int i = begin / 2; i < last_pair; ++i)
      ASSERT_EQ(bits_of(pairs.at(r, i)), bits_of(expected[static_cast<std::size_t>(i)])) << columns << ": " << r;
  }
  EXPECT_EQ(pairs.trampled(product.row_begin, product.row_end, begin / 2, last_pair), 0) << columns;
}

TEST_P(KernelBf16, RoundsWhatItMultipliedToPairs) {
  const int panel = table().panel, rows = 31, steps = 40, most = 4 * panel;
  const std::vector<float> numbers = random_floats(static_cast<std::size_t>(2 * steps * (rows + most)));
  std::vector<Bf16Pair> factors(numbers.size() / 2);
  bf16().pair(numbers.data(), static_cast<int>(numbers.size()), factors.data());
  const std::vector<float> bias = random_floats(static_cast<std::size_t>(most)),
                           scale = random_floats(static_cast<std::size_t>(most)),
                           addend = random_floats(static_cast<std::size_t>(rows * most));
  Gemm product = {.a = factors.data(),
                  .a_stride = steps,
                  .b = factors.data() + rows * steps,
                  .panel_stride = steps * panel,
                  .k_stride = panel,
                  .depth = steps,
                  .row_begin = 1,
                  .row_end = rows,
                  .bias = bias.data()};
  for (const int columns : {1, 2, 3, 15, 16, 17, panel, panel + 1, 2 * panel - 1, 3 * panel}) {
    product.columns = columns;
    product.panel_end = (columns + panel - 1) / panel;
    for (const Activation activation : {Activation::none, Activation::gelu}) {
      product.activation = activation;
      expect_rounded_afterwards(GetParam(), product);
    }
  }
  // Some panels, and all that may follow a sum.
  product.columns = most;
  product.panel_begin = 1;
  product.panel_end = 3;
  product.scale = scale.data();
  product.addend = addend.data();
  product.addend_stride = most;
  expect_rounded_afterwards(GetParam(), product);
}

TEST(Bf16Gain, IsMeasuredOnceAndOnlyWhereThereAreSuchProducts) {
  const double gain = bf16_gain();
  if (bf16_kernels(kernels()) == nullptr) {
    EXPECT_EQ(gain, 0);
  } else {
    EXPECT_GT(gain, 0.05);
    EXPECT_LT(gain, 50);
  }
  EXPECT_EQ(bf16_gain(), gain);
}

}  // namespace
}  // namespace vit
