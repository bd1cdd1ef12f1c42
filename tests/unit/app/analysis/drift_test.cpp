// What a departure from the trained settings is called, and what it is said to have done.
#include "app/analysis/drift.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "app/analysis/classes.h"
#include "engine/base/error.h"
#include "engine/maps/attention.h"
#include "tests/unit/analysis_support.h"

namespace headlight {
namespace {

using vit::testing_passes::pass;

struct Pair {
  std::shared_ptr<const vit::Trace> trained, changed;
};

Pair traces(int heads) {
  Pair pair;
  pair.trained = pass({});
  pair.changed = pass({.heads = heads}, pair.trained.get());
  return pair;
}

const Drift* settled(DriftWatch& watch, const Desk& desk, const Pair& pair, int query) {
  watch.update(pair.changed, pair.trained, query);
  while (desk.busy()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return watch.update(pair.changed, pair.trained, query);
}

double moved_by_hand(const Pair& pair, int query) {
  double moved = 0;
  for (int block = 0; block < 3; ++block) {
    const auto now = vit::attention_mean(*pair.changed, block, query);
    const auto before = vit::attention_mean(*pair.trained, block, query);
    for (std::size_t t = 0; t < now.size(); ++t) moved += std::abs(now[t] - before[t]) / 6.0;
  }
  return moved;
}

TEST(Drift, AsTrainedThereIsNone) {
  const Pair pair = traces(4);
  Desk desk([] {});
  DriftWatch watch(desk);
  EXPECT_EQ(watch.update(pair.trained, pair.trained, 0), nullptr);
  EXPECT_EQ(watch.update(pair.changed, pair.trained, 0), nullptr);  // another pass of the same settings
  EXPECT_EQ(watch.update(pair.changed, nullptr, 0), nullptr);
}

TEST(Drift, ChangedHeadsMoveTheMapsAndTheTopClass) {
  const Pair pair = traces(24);
  Desk desk([] {});
  DriftWatch watch(desk);
  const Drift* drift = watch.update(pair.changed, pair.trained, 0);
  ASSERT_NE(drift, nullptr);
  const std::vector<double> before = probabilities(pair.trained->logits);
  EXPECT_EQ(drift->top1, std::max_element(before.begin(), before.end()) - before.begin());
  EXPECT_DOUBLE_EQ(drift->top1_before, before[static_cast<std::size_t>(drift->top1)]);
  drift = settled(watch, desk, pair, 0);
  ASSERT_TRUE(drift->maps_moved.has_value());
  EXPECT_GT(*drift->maps_moved, 0);
  EXPECT_LE(*drift->maps_moved, 1);
  EXPECT_NEAR(*drift->maps_moved, moved_by_hand(pair, 0), 1e-6);
}

TEST(Drift, AnotherQueryIsComparedAnewAndTheLastAnswerStaysUntilThen) {
  const Pair pair = traces(24);
  Desk desk([] {});
  DriftWatch watch(desk);
  const double before = *settled(watch, desk, pair, 3)->maps_moved;
  const Drift* drift = watch.update(pair.changed, pair.trained, 4);
  ASSERT_TRUE(drift->maps_moved.has_value());
  const double now = *settled(watch, desk, pair, 4)->maps_moved;
  EXPECT_NE(now, before);
  EXPECT_NEAR(now, moved_by_hand(pair, 4), 1e-6);
}

TEST(Drift, AStopEndsTheComparison) {
  const Pair pair = traces(24);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(maps_moved(*pair.changed, *pair.trained, 0, stop.get_token()), vit::Cancelled);
}

}  // namespace
}  // namespace headlight
