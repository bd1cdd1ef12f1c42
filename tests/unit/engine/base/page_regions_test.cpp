#include "engine/base/page_regions.h"

#include <cstdint>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/matrix.h"

namespace vit {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{100} << 10;

// Where there are no regions (another system, a sanitizer), the heap serves all sizes.
bool has_regions() {
  const Piece piece = take_piece(kPieceBytes);
  if (piece.memory != nullptr) give_piece(piece);
  return piece.memory != nullptr;
}

TEST(PageRegions, PiecesDoNotOverlap) {
  if (!has_regions()) GTEST_SKIP();
  std::vector<Piece> pieces;
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < 300; ++i) {
    sizes.push_back((std::size_t{32} << 10) + i * 1000);
    pieces.push_back(take_piece(sizes.back()));
    ASSERT_NE(pieces.back().memory, nullptr) << sizes.back();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(pieces.back().memory) % kCacheLine, 0u);
    std::memset(pieces.back().memory, static_cast<int>(i % 251), sizes.back());
    if (i % 3 == 2) {  // gaps that later pieces fill
      give_piece(pieces[i - 1]);
      pieces[i - 1].memory = nullptr;
    }
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].memory == nullptr) continue;
    const auto* bytes = static_cast<const unsigned char*>(pieces[i].memory);
    EXPECT_EQ(bytes[0], i % 251) << i;
    EXPECT_EQ(bytes[sizes[i] - 1], i % 251) << i;
    give_piece(pieces[i]);
  }
}

TEST(PageRegions, GapsGrowTogetherAgain) {
  if (!has_regions()) GTEST_SKIP();
  const Piece first = take_piece(kPieceBytes), second = take_piece(kPieceBytes), third = take_piece(kPieceBytes);
  const Piece guard = take_piece(kPieceBytes);
  give_piece(first);
  give_piece(third);
  give_piece(second);
  const Piece all = take_piece(3 * kPieceBytes);
  EXPECT_EQ(all.memory, first.memory);
  give_piece(all);
  give_piece(guard);
}

TEST(PageRegions, VeryLargePiecesHaveRegionsOfTheirOwn) {
  if (!has_regions()) GTEST_SKIP();
  const std::size_t bytes = std::size_t{1} << 30;
  const Piece large = take_piece(bytes), small = take_piece(kPieceBytes);
  EXPECT_NE(large.region, small.region);
  EXPECT_TRUE(large.zero);
  auto* last = static_cast<char*>(large.memory) + bytes - 1;
  EXPECT_EQ(*last, 0);
  *last = 1;
  give_piece(large);
  give_piece(small);
}

TEST(PageRegions, VerySmallPiecesComeFromTheHeap) {
  EXPECT_EQ(take_piece(100).memory, nullptr);
}

TEST(PageRegions, ReusedMatricesBeginWithZeros) {
  for (int turn = 0; turn < 3; ++turn) {
    Matrix m(100, 300);
    for (int r = 0; r < m.rows(); ++r) {
      for (int c = 0; c < m.cols(); ++c) {
        ASSERT_EQ(m(r, c), 0.f);
        m(r, c) = 1.f;
      }
    }
  }
}

}  // namespace
}  // namespace vit
