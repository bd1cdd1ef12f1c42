// Where the tiles of the page Grid stand.
#include <gtest/gtest.h>

#include "app/pages/grid_page.h"

namespace headlight {
namespace {

GridInput input(float width, float height, int blocks, int heads) {
  return {.size = {width, height}, .heads = std::vector<int>(static_cast<std::size_t>(blocks), heads)};
}

TEST(GridPlan, ABlockTakesOneLineWhereTilesLoseLittle) {
  const GridPlan plan = plan_grid(input(260, 580, 6, 6));  // 5 + 1 heads would have tiles of 43 px
  EXPECT_TRUE(plan.one_line);
  EXPECT_EQ(plan.columns, 6);
  EXPECT_EQ(plan.width, 40);
  EXPECT_FALSE(plan.scrolls);
}

TEST(GridPlan, ManyHeadsAreWrappedForLargerTiles) {
  const GridPlan plan = plan_grid(input(600, 900, 6, 24));
  EXPECT_FALSE(plan.one_line);
  EXPECT_LT(plan.columns, 24);
  EXPECT_GT(plan.width, 24);
}

}  // namespace
}  // namespace headlight
