#include "engine/base/matrix.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace vit {
namespace {

TEST(Matrix, RowsStartOnCacheLinesAndStridesAreOddLines) {
  for (int cols : {1, 15, 16, 17, 192, 197, 768, 3072}) {
    const Matrix m(3, cols);
    EXPECT_GE(m.stride(), cols);
    EXPECT_EQ(m.stride() / 16 % 2, 1) << cols;
    for (int r = 0; r < m.rows(); ++r) EXPECT_EQ(reinterpret_cast<std::uintptr_t>(m.row(r)) % kCacheLine, 0u) << cols;
  }
}

TEST(Matrix, CopyOfAViewHoldsTheSameNumbers) {
  const auto number = [](int r, int c) { return static_cast<float>(10 * r + c); };
  Matrix a(2, 5);
  for (int r = 0; r < 2; ++r)
    for (int c = 0; c < 5; ++c) a(r, c) = number(r, c);
  const Matrix b(a.view());
  for (int r = 0; r < 2; ++r)
    for (int c = 0; c < 5; ++c) EXPECT_EQ(b(r, c), number(r, c));
}

}  // namespace
}  // namespace vit
