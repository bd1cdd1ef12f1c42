#include "engine/base/page_regions.h"

#include <array>
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

// Four pieces side by side. What else the process did may have left gaps: those before them are filled by `held` then,
// so that the first gap that has room for a piece is where they are.
std::array<Piece, 4> neighbours(std::vector<Piece>& held) {
  std::array<Piece, 4> row{};
  std::size_t count = 0;
  while (count < row.size()) {
    const Piece next = take_piece(kPieceBytes);
    if (count > 0 && static_cast<char*>(row[count - 1].memory) + kPieceBytes != next.memory) {
      held.insert(held.end(), row.begin(), row.begin() + static_cast<std::ptrdiff_t>(count));
      count = 0;
    }
    row[count++] = next;
  }
  return row;
}

TEST(PageRegions, GapsGrowTogetherAgain) {
  if (!has_regions()) GTEST_SKIP();
  std::vector<Piece> held;
  const auto [first, second, third, guard] = neighbours(held);
  give_piece(first);
  give_piece(third);
  give_piece(second);
  const Piece all = take_piece(3 * kPieceBytes);
  EXPECT_EQ(all.memory, first.memory);
  give_piece(all);
  give_piece(guard);
  for (const Piece& piece : held) give_piece(piece);
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
