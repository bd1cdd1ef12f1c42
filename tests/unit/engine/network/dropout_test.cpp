#include "engine/network/dropout.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace vit {
namespace {

TEST(Dropout, KeepsTheRightShareAndScalesIt) {
  constexpr int kCount = 200;
  for (float p : {0.f, 0.1f, 0.5f, 0.9f}) {
    const std::vector<float> x(kCount, 2.f);
    std::vector<float> y(kCount);
    double kept = 0;
    for (int row = 0; row < 500; ++row) {
      const DropKey key = attn_drop_key(3, 1, 2, row);
      dropout_row(key, p, x.data(), y.data(), kCount);
      for (int c = 0; c < kCount; ++c) {
        EXPECT_EQ(y[static_cast<std::size_t>(c)] != 0.f, is_kept(key, p, c));
        if (y[static_cast<std::size_t>(c)] == 0.f) continue;
        EXPECT_FLOAT_EQ(y[static_cast<std::size_t>(c)], 2.f / (1.f - p));
        ++kept;
      }
    }
    const double share = kept / (500.0 * kCount), deviation = std::sqrt(p * (1 - p) / (500.0 * kCount));
    EXPECT_NEAR(share, 1.0 - p, 4 * deviation + 1e-9) << p;
  }
}

TEST(Dropout, RowsAreIndependentOfEachOther) {
  // Two rows with p = 1/2 agree in half of their elements, whichever part of the key differs.
  const DropKey base = attn_drop_key(1, 2, 3, 4);
  for (const DropKey& other : {attn_drop_key(2, 2, 3, 4), attn_drop_key(1, 3, 3, 4), attn_drop_key(1, 2, 4, 4),
                               attn_drop_key(1, 2, 3, 5), proj_drop_key(1, 2, 4)}) {
    int same = 0;
    for (int c = 0; c < 10000; ++c) same += is_kept(base, 0.5f, c) == is_kept(other, 0.5f, c);
    EXPECT_NEAR(same, 5000, 250);
  }
}

TEST(Dropout, KeysDifferForEveryRowHeadBlockAndSeed) {
  std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
  int count = 0;
  for (std::uint64_t seed : {0, 1, 7}) {
    for (int block = 0; block < 4; ++block) {
      for (int row = 0; row < 50; ++row) {
        for (int head = 0; head < 6; ++head) {
          const DropKey key = attn_drop_key(seed, block, head, row);
          seen.insert({key.a, key.b});
          ++count;
        }
        const DropKey key = proj_drop_key(seed, block, row);
        seen.insert({key.a, key.b});
        ++count;
      }
    }
  }
  EXPECT_EQ(static_cast<int>(seen.size()), count);
}

}  // namespace
}  // namespace vit
