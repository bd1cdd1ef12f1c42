// The thread that measures beside the window.
#include "app/analysis/lab_desk.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace headlight {
namespace {

using namespace std::chrono_literals;
using Job = LabDesk::Job;

const vit::ModuleSpec kSpec{.tokens = 16, .channels = 16, .heads = 2};

template <class Condition>
bool soon(const Condition& condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

TEST(LabDesk, MeasuresOnlyWhileTheMachineIsAtRest) {
  std::atomic<int> woken = 0;
  LabDesk desk([&] { ++woken; });
  desk.measure({.base = kSpec, .rounds = 2});
  ASSERT_TRUE(soon([&] { return desk.waits(); }));
  EXPECT_EQ(desk.running(), Job::module);
  EXPECT_EQ(desk.result(), nullptr);
  desk.let_run(true);
  ASSERT_TRUE(soon([&] { return desk.result() != nullptr; }));
  EXPECT_EQ(desk.result()->rounds, 2);
  EXPECT_TRUE(soon([&] { return desk.running() == Job::none && woken > 0; }));
  EXPECT_EQ(desk.failure(), "");
}

TEST(LabDesk, EndsWhenItIsToldTo) {
  LabDesk desk([] {});
  desk.let_run(true);
  desk.measure({.base = kSpec, .rounds = 100000, .seconds = 1e6});
  ASSERT_TRUE(soon([&] { return desk.progress() > 0; }));
  desk.cancel();
  EXPECT_TRUE(soon([&] { return desk.running() == Job::none; }));
  EXPECT_EQ(desk.result(), nullptr);
  EXPECT_EQ(desk.failure(), "");
  desk.let_run(false);
  desk.measure({.base = kSpec});
  ASSERT_TRUE(soon([&] { return desk.waits(); }));
  desk.cancel();
  EXPECT_TRUE(soon([&] { return desk.running() == Job::none; })) << "one that waits ends, too";
}

TEST(LabDesk, SaysWhatCannotBe) {
  LabDesk desk([] {});
  desk.let_run(true);
  desk.measure({.base = {.tokens = 8, .channels = 12, .heads = 5}});
  ASSERT_TRUE(soon([&] { return !desk.failure().empty(); }));
  EXPECT_NE(desk.failure().find("do not divide"), std::string::npos);
}

}  // namespace
}  // namespace headlight
