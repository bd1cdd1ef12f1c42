#include "app/session/pass_runner.h"

#include <gtest/gtest.h>

#include <map>

#include "engine/base/error.h"
#include "engine/checkpoint/load_model.h"

namespace headlight {
namespace {

using Why = NextMeasurement::Why;

Request request_of(int heads = 4, int channels = 48) {
  Request request;
  request.model = vit::load_model("random:C=" + std::to_string(channels) + ",L=3,h=4,P=8,S=32,K=5,seed=3");
  request.image = std::make_shared<const vit::Image>(
      vit::Image{.width = 40, .height = 32, .rgb = std::vector<std::uint8_t>(40 * 32 * 3, 90), .name = "grey"});
  request.preprocessing = request.model->preprocessing;
  request.settings = vit::trained_settings(request.model->config);
  request.settings.set_heads(heads);
  request.settings.threads = 1;
  return request;
}

const PassControl kAlone = {{}, [](double) {}};

/// Measures until all is known; what was measured, in order.
std::vector<NextMeasurement> measure_all(PassRunner& runner) {
  std::vector<NextMeasurement> all;
  while (const auto next = runner.next()) {
    all.push_back(*next);
    runner.measure(*next, kAlone);
    if (all.size() > 1000) break;
  }
  return all;
}

TEST(PassRunner, NothingIsMeasuredBeforeTheFirstPicture) {
  EXPECT_FALSE(PassRunner().next());
}

TEST(PassRunner, AsTrainedTheTraceIsItsOwnBaseline) {
  PassRunner runner;
  const auto trace = runner.answer(request_of(), kAlone);
  EXPECT_EQ(runner.baseline(), trace);
  for (const NextMeasurement& next : measure_all(runner)) EXPECT_EQ(next.why, Why::timing);
}

TEST(PassRunner, TheFirstPassAfterAChangeDoesNotCount) {
  PassRunner runner;
  const Request request = request_of(16);
  runner.answer(request, kAlone);
  EXPECT_TRUE(runner.take_times().empty());
  auto next = runner.next();  // the baseline: other settings than the picture's
  ASSERT_EQ(next->why, Why::baseline);
  runner.measure(*next, kAlone);
  EXPECT_TRUE(runner.take_times().empty());
  next = runner.next();
  ASSERT_EQ(next->settings, request.settings);
  runner.measure(*next, kAlone);
  EXPECT_TRUE(runner.take_times().empty()) << "the baseline was between";
  runner.measure(*runner.next(), kAlone);
  const std::vector<PassTime> times = runner.take_times();
  ASSERT_EQ(times.size(), 1u);
  EXPECT_EQ(times[0].settings, request.settings);
  EXPECT_EQ(times[0].timings.first_block, 0);
}

TEST(PassRunner, ASweepMeasuresItsPassesOfEveryCountOnce) {
  PassRunner runner;
  runner.answer(request_of(), kAlone);
  measure_all(runner);
  runner.take_times();
  runner.sweep(Sweep{.head_counts = {1, 2, 48}, .block = -1, .passes = 2});
  measure_all(runner);
  std::map<int, int> counted;
  for (const PassTime& time : runner.take_times()) ++counted[time.settings.heads(0)];
  EXPECT_EQ(counted, (std::map<int, int>{{1, 2}, {2, 2}, {48, 2}}));
  EXPECT_FALSE(runner.next()) << "the sweep is over";
}

TEST(PassRunner, AFinishedSweepDoesNotBeginAgainUnderOtherSettings) {
  PassRunner runner;
  Request request = request_of();
  runner.answer(request, kAlone);
  runner.sweep(Sweep{.head_counts = {1, 2}, .block = 0, .passes = 1});
  measure_all(runner);
  request.settings.qkv_bias = false;
  runner.answer(request, kAlone);
  for (const NextMeasurement& next : measure_all(runner)) EXPECT_EQ(next.why, Why::timing);
}

TEST(PassRunner, WhatIsKnownOfTheseSettingsIsRemembered) {
  PassRunner runner;
  Request request = request_of();
  runner.answer(request, kAlone);
  measure_all(runner);
  request.settings.set_heads(8);
  runner.answer(request, kAlone);
  EXPECT_FALSE(measure_all(runner).empty());
  request.settings.set_heads(4);
  runner.answer(request, kAlone);
  EXPECT_FALSE(runner.next());
}

TEST(PassRunner, SettingsThatCannotRunLeaveThePicture) {
  PassRunner runner;
  Request request = request_of();
  const auto trace = runner.answer(request, kAlone);
  request.settings.set_heads(7);
  EXPECT_THROW(runner.answer(request, kAlone), vit::Error);
  ASSERT_TRUE(runner.next());
  EXPECT_EQ(runner.next()->settings, trace->settings);
  request.settings.set_heads(4);
  EXPECT_EQ(runner.answer(request, kAlone)->timings.first_block, 3) << "restarts from the trace that stayed";
}

TEST(PassRunner, AnotherModelStartsAfresh) {
  PassRunner runner;
  runner.answer(request_of(16), kAlone);
  measure_all(runner);
  runner.sweep(Sweep{.head_counts = {1}, .block = -1, .passes = 3});
  const auto trace = runner.answer(request_of(4, 24), kAlone);
  EXPECT_EQ(runner.baseline(), trace);
  for (const NextMeasurement& next : measure_all(runner)) EXPECT_EQ(next.why, Why::timing) << "the sweep is gone";
}

/// A photo and a network whose pass takes long enough for a draft, on whatever machine.
Request slow_request(int heads = 4) {
  Request request;
  static const auto model = vit::load_model("random:C=192,L=12,h=4,P=8,S=384,K=5,seed=3");
  static const auto image = std::make_shared<const vit::Image>(
      vit::Image{.width = 400, .height = 400, .rgb = std::vector<std::uint8_t>(400 * 400 * 3, 90), .name = "grey"});
  request.model = model;
  request.image = image;
  request.preprocessing = model->preprocessing;
  request.settings = vit::trained_settings(model->config);
  request.settings.set_heads(heads);
  request.settings.threads = 1;
  return request;
}

TEST(PassRunner, ADraftIsASmallerInputAndCountsForNothing) {
  PassRunner runner;
  EXPECT_EQ(runner.draft(slow_request(), kAlone), nullptr) << "nothing is known of this network's speed";
  const auto exact = runner.answer(slow_request(), kAlone);
  ASSERT_GT(exact->timings.wall_ms, kExactMs);
  EXPECT_TRUE(runner.drafts(slow_request(8)));
  const auto draft = runner.draft(slow_request(8), kAlone);
  ASSERT_TRUE(draft);
  EXPECT_LT(draft->grid.tokens(), exact->grid.tokens());
  EXPECT_EQ(draft->settings.head_counts(), std::vector<int>(12, 8));
  EXPECT_EQ(runner.baseline(), exact);
  EXPECT_TRUE(runner.take_times().empty());
  ASSERT_TRUE(runner.next());
  EXPECT_EQ(runner.next()->settings, exact->settings) << "what is measured is the exact picture";
  runner.measure(*runner.next(), kAlone);
  EXPECT_TRUE(runner.take_times().empty()) << "the draft left the caches cold";
}

TEST(PassRunner, DraftsOfAPictureRestartFromEachOtherAndExactPassesFromExactOnes) {
  PassRunner runner;
  runner.answer(slow_request(), kAlone);
  Request request = slow_request();
  request.settings.set_heads(8, 2);
  const auto first = runner.draft(request, kAlone);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->timings.first_block, 0);
  request.settings.set_heads(16, 2);
  const auto second = runner.draft(request, kAlone);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->timings.first_block, second->pixels == first->pixels ? 2 : 0);
  EXPECT_EQ(runner.answer(request, kAlone)->timings.first_block, 2);
}

TEST(PassRunner, ADraftOfSettingsThatCannotRunIsLeftToTheExactPass) {
  PassRunner runner;
  runner.answer(slow_request(), kAlone);
  EXPECT_EQ(runner.draft(slow_request(7), kAlone), nullptr);
  EXPECT_THROW(runner.answer(slow_request(7), kAlone), vit::Error);
}

TEST(PassRunner, ACancelledMeasurementIsMadeAgain) {
  PassRunner runner;
  runner.answer(request_of(), kAlone);
  const auto next = runner.next();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(runner.measure(*next, {stop.get_token(), [](double) {}}), vit::Cancelled);
  ASSERT_TRUE(runner.next());
  EXPECT_EQ(runner.next()->settings, next->settings);
}

}  // namespace
}  // namespace headlight
