#include "app/session/player.h"

#include <gtest/gtest.h>

namespace headlight {
namespace {

TEST(Player, AFrameIsShownAsLongAsTheFileSays) {
  EXPECT_DOUBLE_EQ(turn_seconds(0.08, 0), 0.08);
  EXPECT_DOUBLE_EQ(turn_seconds(1.0 / 60, 0), 1.0 / 60);
  EXPECT_DOUBLE_EQ(turn_seconds(0, 0), 0.1);     // nobody says
  EXPECT_DOUBLE_EQ(turn_seconds(0.01, 0), 0.1);  // as browsers do
  EXPECT_DOUBLE_EQ(turn_seconds(0.08, 25), 0.04);
}

TEST(Player, BehindTheLastFrameComesTheFirstOneInALoop) {
  EXPECT_EQ(frame_after(0, 3, false), 1);
  EXPECT_EQ(frame_after(2, 3, false), std::nullopt);
  EXPECT_EQ(frame_after(2, 3, true), 0);
  EXPECT_EQ(frame_after(0, 1, true), std::nullopt);
  EXPECT_EQ(frame_after(7, std::nullopt, false), 8);  // the end is not known yet
}

/// When the frames of ten seconds change if each picture takes so long; asked every millisecond.
std::vector<double> changes(double turn_s, double takes_s) {
  std::vector<double> at;
  Player player;
  player.play(0);
  double ready_s = takes_s;
  for (int ms = 0; ms < 10000; ++ms) {
    const double now = ms * 1e-3;
    if (!player.over(now, now >= ready_s, turn_s)) continue;
    at.push_back(now);
    ready_s = now + takes_s;
  }
  return at;
}

TEST(Player, KeepsItsRateWherePicturesAreQuick) {
  const std::vector<double> at = changes(0.1, 0.03);
  ASSERT_EQ(at.size(), 99u);
  for (std::size_t i = 0; i < at.size(); ++i) EXPECT_NEAR(at[i], 0.1 * static_cast<double>(i + 1), 2e-3);
}

TEST(Player, LeavesNoFrameOutWherePicturesAreSlow) {
  const std::vector<double> at = changes(0.1, 0.25);
  ASSERT_EQ(at.size(), 39u);
  for (std::size_t i = 1; i < at.size(); ++i) EXPECT_NEAR(at[i] - at[i - 1], 0.25, 2e-3);
}

TEST(Player, OneLateFrameDoesNotMoveTheOthers) {
  Player player;
  player.play(0);
  EXPECT_FALSE(player.over(0.09, true, 0.1));
  EXPECT_FALSE(player.over(0.12, false, 0.1));
  EXPECT_TRUE(player.over(0.15, true, 0.1));  // late by half a turn
  EXPECT_TRUE(player.over(0.20, true, 0.1));  // as if it had not been
  EXPECT_TRUE(player.over(0.90, true, 0.1));  // late by six turns: they are not made up for
  EXPECT_FALSE(player.over(0.95, true, 0.1));
  EXPECT_TRUE(player.over(1.00, true, 0.1));
}

TEST(Player, TellsHowFastItPlays) {
  Player player;
  player.play(0);
  EXPECT_EQ(player.rate(), 0);
  for (int i = 1; i <= 20; ++i) player.over(i * 0.2, true, 0.1);
  EXPECT_NEAR(player.rate(), 5, 1e-9);
  player.pause();
  EXPECT_FALSE(player.over(100, true, 0.1));
  EXPECT_EQ(player.rate(), 0);
}

}  // namespace
}  // namespace headlight
