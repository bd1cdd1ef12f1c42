#include "engine/network/meter.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "engine/base/error.h"

namespace vit {
namespace {

void busy(double ms) {
  const auto end = Meter::Clock::now() + std::chrono::duration<double, std::milli>(ms);
  while (Meter::Clock::now() < end) continue;
}

TEST(Meter, RowsAreSumsOverThreadsDividedByTheThreads) {
  Meter meter;
  meter.start(2, 2, 0);
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      Meter::Lane& lane = meter.lane(t);
      lane.restart();
      lane.enter_block(1);
      if (t == 0) busy(8);
      lane.lap(Op::fc1);
    });
  }
  for (auto& thread : threads) thread.join();
  meter.finish();
  const Timings& timings = meter.timings();
  EXPECT_GE(timings.blocks[1][static_cast<std::size_t>(Op::fc1)], 4.0);
  EXPECT_EQ(timings.blocks[0][static_cast<std::size_t>(Op::fc1)], 0.0);
  EXPECT_EQ(timings.blocks[1][static_cast<std::size_t>(Op::fc2)], 0.0);
}

TEST(Meter, RowsAndWaitingAreTheWallTime) {
  Meter meter;
  meter.start(1, 1, 0);
  Meter::Lane& lane = meter.lane(0);
  lane.restart();
  busy(2);
  lane.lap(Op::patch_embed);
  lane.enter_block(0);
  busy(3);
  lane.lap(Op::qkv);
  busy(4);  // belongs to no row
  lane.restart();
  lane.enter_block(-1);
  busy(1);
  lane.lap(Op::head);
  meter.finish();
  const Timings& t = meter.timings();
  EXPECT_GE(t.model[static_cast<std::size_t>(Op::patch_embed)], 2.0);
  EXPECT_GE(t.blocks[0][static_cast<std::size_t>(Op::qkv)], 3.0);
  EXPECT_GE(t.model[static_cast<std::size_t>(Op::head)], 1.0);
  EXPECT_GE(t.waiting_ms(), 4.0);
  ASSERT_EQ(t.block_waiting_ms.size(), 1u);
  EXPECT_GE(t.block_waiting_ms[0], 4.0);
  EXPECT_LE(t.block_waiting_ms[0], t.waiting_ms());
  EXPECT_GE(t.wall_ms, t.rows_ms());
  EXPECT_DOUBLE_EQ(t.rows_ms() + t.waiting_ms(), t.wall_ms);
}

TEST(Meter, AStopRequestIsThrownAsCancelled) {
  std::stop_source stop;
  Meter meter(stop.get_token());
  EXPECT_NO_THROW(meter.throw_if_stopped());
  stop.request_stop();
  EXPECT_TRUE(meter.stop_requested());
  EXPECT_THROW(meter.throw_if_stopped(), Cancelled);
}

}  // namespace
}  // namespace vit
