// Answers that are made beside the window.
#include "app/analysis/desk.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "app/analysis/map_desk.h"
#include "engine/base/error.h"
#include "tests/unit/analysis_support.h"

namespace headlight {
namespace {

using namespace std::chrono_literals;

template <class Condition>
bool soon(const Condition& condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

// Ranking its heads is more than is answered at once.
constexpr const char* kSlow = "random:C=96,L=3,h=4,P=8,S=64,K=5,seed=2";

std::shared_ptr<const void> number(int value) {
  return std::make_shared<const int>(value);
}

int value_of(const std::shared_ptr<const void>& answer) {
  return answer ? *std::static_pointer_cast<const int>(answer) : -1;
}

TEST(Desk, TheNewestQuestionOfAPlaceWinsAndTheLastAnswerStaysUntilThen) {
  std::atomic<int> woken = 0;
  Desk desk([&] { ++woken; });
  desk.ask("a", [](const std::stop_token&) { return number(1); });
  ASSERT_TRUE(soon([&] { return value_of(desk.answer("a")) == 1; }));
  std::atomic<bool> begun = false, stopped = false;
  desk.ask("a", [&](const std::stop_token& stop) -> std::shared_ptr<const void> {
    begun = true;
    while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
    stopped = true;
    throw vit::Cancelled();
  });
  ASSERT_TRUE(soon([&] { return begun.load(); }));
  EXPECT_TRUE(desk.busy());
  EXPECT_EQ(value_of(desk.answer("a")), 1);
  desk.ask("a", [](const std::stop_token&) { return number(3); });
  ASSERT_TRUE(soon([&] { return value_of(desk.answer("a")) == 3; }));
  EXPECT_TRUE(stopped);
  ASSERT_TRUE(soon([&] { return !desk.busy(); }));
  EXPECT_TRUE(soon([&] { return woken >= 3; }));
}

TEST(Desk, PlacesDoNotDisturbEachOther) {
  Desk desk([] {});
  desk.ask("a", [](const std::stop_token&) { return number(1); });
  desk.ask("b", [](const std::stop_token&) { return number(2); });
  EXPECT_TRUE(soon([&] { return value_of(desk.answer("a")) == 1 && value_of(desk.answer("b")) == 2; }));
  desk.forget("a");
  EXPECT_EQ(desk.answer("a"), nullptr);
  EXPECT_EQ(value_of(desk.answer("b")), 2);
}

TEST(Desk, AFailureIsASentenceAndTheLastAnswerStays) {
  Desk desk([] {});
  desk.ask("a", [](const std::stop_token&) { return number(1); });
  ASSERT_TRUE(soon([&] { return value_of(desk.answer("a")) == 1; }));
  desk.ask("a", [](const std::stop_token&) -> std::shared_ptr<const void> { throw vit::Error("No such thing."); });
  ASSERT_TRUE(soon([&] { return desk.failure("a") == "No such thing."; }));
  EXPECT_EQ(value_of(desk.answer("a")), 1);
  desk.ask("a", [](const std::stop_token&) { return number(2); });
  ASSERT_TRUE(soon([&] { return value_of(desk.answer("a")) == 2; }));
  EXPECT_EQ(desk.failure("a"), "");
}

TEST(MapDesk, SmallAnswersComeAtOnceAndAreKept) {
  Desk desk([] {});
  MapDesk maps(desk);
  const auto trace = vit::testing_passes::pass({});
  maps.ask("heads", trace, {.analysis = "heads", .block = 1, .query = 2});
  const auto first = maps.answer("heads");
  ASSERT_NE(first, nullptr);
  EXPECT_TRUE(maps.settled("heads"));
  maps.ask("heads", trace, {.analysis = "heads", .block = 1, .query = 2});
  EXPECT_EQ(maps.answer("heads"), first) << "the same question is not answered again";
  maps.ask("heads", trace, {.analysis = "heads", .block = 2, .query = 2});
  EXPECT_EQ(maps.answer("heads")->question.block, 2);
}

TEST(MapDesk, LargeAnswersComeBesideTheWindowAndTheLastOneStays) {
  Desk desk([] {});
  MapDesk maps(desk);
  const auto trace = vit::testing_passes::pass({.model = "random:C=512,L=3,h=2,P=8,S=360,K=0", .keep = vit::Keep::qk});
  ASSERT_GT(vit::analysis_by_id("grid")->work(*trace, {.analysis = "grid"}), MapDesk::kFloatsAtOnce);
  maps.ask("grid", trace, {.analysis = "grid", .query = 1});
  ASSERT_TRUE(soon([&] { return maps.settled("grid"); }));
  const auto first = maps.answer("grid");
  maps.ask("grid", trace, {.analysis = "grid", .query = 5});
  if (!maps.settled("grid")) {
    const auto now = maps.answer("grid");
    EXPECT_TRUE(now == first || now->question.query == 5);
  }
  ASSERT_TRUE(soon([&] { return maps.settled("grid"); }));
  EXPECT_EQ(maps.answer("grid")->question.query, 5);
}

TEST(MapDesk, AnotherPassAtTheSameAddressIsAskedAgain) {
  Desk desk([] {});
  MapDesk maps(desk);
  const auto trained = vit::testing_passes::pass({});
  const auto changed = vit::testing_passes::pass({.qkv_bias = false}, trained.get());
  // Two passes one after the other in the same memory, as an allocator may give it.
  const auto place = std::make_shared<vit::Trace>(std::move(const_cast<vit::Trace&>(*trained)));
  const vit::Question question{.analysis = "heads", .block = 0, .query = 0};
  maps.ask("heads", vit::Subject(place), question);
  const std::vector<float> before = maps.answer("heads")->values;
  *place = std::move(const_cast<vit::Trace&>(*changed));
  maps.ask("heads", vit::Subject(place), question);
  EXPECT_NE(maps.answer("heads")->values, before);
}

TEST(MapDesk, AnAnswerThatTakesLongTellsItsProgressAndCanBeStoppedAndStartedAgain) {
  Desk desk([] {});
  MapDesk maps(desk);
  const auto trace = vit::testing_passes::pass({.model = kSlow});
  const vit::Question question{.analysis = "ablation", .values = {}};
  std::atomic<bool> release = false;
  desk.ask("busy", [&](const std::stop_token& stop) -> std::shared_ptr<const void> {
    while (!release && !stop.stop_requested()) std::this_thread::sleep_for(1ms);
    return nullptr;
  });
  maps.ask("effect", trace, question);  // waits behind the other work
  EXPECT_TRUE(maps.progress("effect").has_value());
  EXPECT_FALSE(maps.settled("effect"));
  maps.stop("effect");
  EXPECT_TRUE(maps.stopped("effect"));
  EXPECT_TRUE(maps.settled("effect"));
  EXPECT_FALSE(maps.progress("effect").has_value());
  maps.ask("effect", trace, question);
  EXPECT_TRUE(maps.stopped("effect")) << "the same question does not take it up again";
  release = true;
  maps.start_again("effect");
  maps.ask("effect", trace, question);
  ASSERT_TRUE(soon([&] { return maps.settled("effect"); }));
  ASSERT_NE(maps.answer("effect"), nullptr);
  EXPECT_FALSE(maps.progress("effect").has_value());
}

TEST(MapDesk, LeavingAPageEndsItsWorkAndComingBackTakesItUp) {
  Desk desk([] {});
  MapDesk maps(desk);
  const auto trace = vit::testing_passes::pass({.model = kSlow});
  const vit::Question question{.analysis = "ablation", .values = {}};
  std::atomic<bool> release = false;
  desk.ask("busy", [&](const std::stop_token& stop) -> std::shared_ptr<const void> {
    while (!release && !stop.stop_requested()) std::this_thread::sleep_for(1ms);
    return nullptr;
  });
  maps.ask("effect", trace, question);
  maps.leave_all_but("heads", [](const vit::MapSet&) { return true; });
  EXPECT_FALSE(maps.stopped("effect"));
  release = true;
  ASSERT_TRUE(soon([&] { return !desk.busy(); }));
  EXPECT_EQ(maps.answer("effect"), nullptr) << "nobody waits for it";
  maps.ask("effect", trace, question);
  ASSERT_TRUE(soon([&] { return maps.settled("effect"); }));
  EXPECT_NE(maps.answer("effect"), nullptr);
}

TEST(MapDesk, APageThatWasLeftHoldsNoPassThatIsShownNoMore) {
  Desk desk([] {});
  MapDesk maps(desk);
  const vit::Question heads{.analysis = "heads", .block = 0, .query = 0}, grid{.analysis = "grid", .query = 0};
  auto old = vit::testing_passes::pass({});
  const std::weak_ptr<const vit::Trace> old_pass = old;
  const auto shown = vit::testing_passes::pass({.qkv_bias = false});
  maps.ask("heads", old, heads);
  maps.ask("grid", old, grid);
  ASSERT_TRUE(soon([&] { return maps.settled("grid"); }));
  old.reset();
  const auto is_shown = [&](const vit::MapSet& answer) { return answer.trace == shown; };
  maps.leave_all_but("grid", is_shown);
  EXPECT_EQ(maps.answer("heads"), nullptr);
  EXPECT_NE(maps.answer("grid"), nullptr) << "the page that is looked at keeps its last answer until the next one";
  maps.ask("grid", shown, grid);
  ASSERT_TRUE(soon([&] { return maps.settled("grid") && !desk.busy(); }));
  EXPECT_TRUE(old_pass.expired());
  const auto answer = maps.answer("grid");
  maps.leave_all_but("heads", is_shown);
  EXPECT_EQ(maps.answer("grid"), answer) << "its pass is shown";
}

}  // namespace
}  // namespace headlight
