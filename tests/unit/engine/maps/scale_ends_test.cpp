#include "engine/maps/scale_ends.h"

#include <gtest/gtest.h>

#include <array>

namespace vit {
namespace {

TEST(ScaleEnds, SayBeyondWhichOfThemValuesLie) {
  const std::array<float, 3> values = {-2.f, 0.f, 1.f};
  const auto ends = [&](float low, float high) {
    const Beyond beyond_them = beyond(values, {low, high});
    return low_end("low", beyond_them) + " to " + high_end("high", beyond_them);
  };
  EXPECT_EQ(ends(-2, 1), "low to high") << "what lies on an end is not beyond it";
  EXPECT_EQ(ends(-2, 0.5f), "low to ≥ high");
  EXPECT_EQ(ends(-1, 1), "≤ low to high");
  EXPECT_EQ(ends(-1, 0.5f), "≤ low to ≥ high");
}

TEST(ScaleEnds, ANumberWithinAStepOfTheColoursFromZeroIsNextToNothing) {
  EXPECT_TRUE(is_next_to_nothing(8.88e-5f, 0.05f));
  EXPECT_FALSE(is_next_to_nothing(0.000999f, 0.0391f));
  EXPECT_FALSE(is_next_to_nothing(-0.3f, 0.3f));
  EXPECT_FALSE(is_next_to_nothing(0.f, 1.f)) << "which is zero";
}

}  // namespace
}  // namespace vit
