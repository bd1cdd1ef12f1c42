#include "app/session/history.h"

#include <gtest/gtest.h>

namespace headlight {
namespace {

Moment at_block(int block) {
  Moment moment;
  moment.view.block = block;
  return moment;
}

class HistoryTest : public testing::Test {
 protected:
  /// A change that comes to rest.
  void change(const Moment& now) {
    history.watch(now, time_s += 1, false);
    history.watch(now, time_s += 1, false);
  }
  History history;
  double time_s = 0;
};

TEST_F(HistoryTest, GoesBackAndForth) {
  for (int block = 0; block < 4; ++block) change(at_block(block));
  EXPECT_FALSE(history.can_redo());
  EXPECT_EQ(history.undo(at_block(3)), at_block(2));
  EXPECT_EQ(history.undo(at_block(2)), at_block(1));
  EXPECT_EQ(history.redo(at_block(1)), at_block(2));
  EXPECT_EQ(history.undo(at_block(2)), at_block(1));
  EXPECT_EQ(history.undo(at_block(1)), at_block(0));
  EXPECT_FALSE(history.can_undo());
  EXPECT_FALSE(history.undo(at_block(0)));
  EXPECT_TRUE(history.can_redo());
}

TEST_F(HistoryTest, ADragIsOneStep) {
  change(at_block(0));
  for (int block = 1; block < 50; ++block) history.watch(at_block(block), time_s += 1, true);
  EXPECT_TRUE(history.can_undo()) << "though the button is still held";
  history.watch(at_block(49), time_s += 1, false);
  EXPECT_EQ(history.undo(at_block(49)), at_block(0));
  EXPECT_FALSE(history.can_undo());
}

TEST_F(HistoryTest, TwoQuickDragsAreTwoSteps) {
  change(at_block(0));
  history.watch(at_block(1), time_s += 0.1, true);
  history.watch(at_block(1), time_s += 0.1, false);
  history.watch(at_block(1), time_s += 0.1, true);
  history.watch(at_block(2), time_s += 0.1, true);
  EXPECT_EQ(history.undo(at_block(2)), at_block(1));
  EXPECT_EQ(history.undo(at_block(1)), at_block(0));
}

TEST_F(HistoryTest, ChangesInQuickSuccessionAreOneStepAndLaterOnesAnother) {
  change(at_block(0));
  for (int block = 1; block < 5; ++block) history.watch(at_block(block), time_s += 0.2, false);
  history.watch(at_block(5), time_s += 0.6, false);  // no frame was drawn in between
  EXPECT_EQ(history.undo(at_block(5)), at_block(4));
  EXPECT_EQ(history.undo(at_block(4)), at_block(0));
}

TEST_F(HistoryTest, AChangeThatDoesNotRestYetCanBeUndone) {
  change(at_block(0));
  history.watch(at_block(1), time_s += 0.1, false);
  EXPECT_TRUE(history.can_undo());
  EXPECT_EQ(history.undo(at_block(1)), at_block(0));
  EXPECT_EQ(history.redo(at_block(0)), at_block(1));
}

TEST_F(HistoryTest, AChangeAfterUndoEndsRedo) {
  change(at_block(0));
  change(at_block(1));
  history.undo(at_block(1));
  history.watch(at_block(7), time_s += 1, false);
  EXPECT_FALSE(history.can_redo());
  EXPECT_FALSE(history.redo(at_block(7)));
  EXPECT_EQ(history.undo(at_block(7)), at_block(0));
}

TEST_F(HistoryTest, WhatTheProgramChangesIsNoStep) {
  change(at_block(0));
  history.follow(at_block(0), at_block(1));
  EXPECT_FALSE(history.can_undo());
  history.watch(at_block(2), time_s += 0.1, false);
  history.follow(at_block(2), at_block(3));
  EXPECT_EQ(history.undo(at_block(3)), at_block(1));
  EXPECT_FALSE(history.can_undo());
}

TEST_F(HistoryTest, RemembersAHundredSteps) {
  for (int block = 0; block < 150; ++block) change(at_block(block));
  int steps = 0;
  std::optional<Moment> now = at_block(149);
  while ((now = history.undo(*now))) ++steps;
  EXPECT_EQ(steps, 100);
}

TEST_F(HistoryTest, ForgetsWhatCannotBeApplied) {
  for (int block = 0; block < 4; ++block) change(at_block(block));
  history.keep([](const Moment& moment) { return moment.view.block != 2; });
  EXPECT_EQ(history.undo(at_block(3)), at_block(1));
  history.clear();
  EXPECT_FALSE(history.can_undo());
  EXPECT_FALSE(history.can_redo());
  EXPECT_FALSE(history.undo(at_block(1)));
}

}  // namespace
}  // namespace headlight
