// What passes took, of a bounded number of settings.
#include "app/session/pass_times.h"

#include <gtest/gtest.h>

#include "tests/unit/analysis_support.h"

namespace headlight {
namespace {

TEST(PassTimes, TheSettingThatWasNotMeasuredForTheLongestTimeMakesRoom) {
  const auto trace = vit::testing_passes::pass({});
  PassTimes times;
  const auto grid_of = [&](std::size_t number) {
    vit::TokenGrid grid = trace->grid;
    grid.rows = static_cast<int>(number) + 1;
    return grid;
  };
  const auto add = [&](std::size_t number) {
    times.add({trace->model, trace->settings, grid_of(number), trace->timings});
  };
  const auto passes_of = [&](std::size_t number) {
    const MeasuredSetting* found = times.find(*trace->model, grid_of(number), trace->settings);
    return found == nullptr ? std::size_t{0} : found->timings.size();
  };
  for (std::size_t number = 0; number < PassTimes::kSettings; ++number) add(number);
  add(0);  // once more
  EXPECT_EQ(passes_of(0), 2u);
  add(PassTimes::kSettings);
  EXPECT_EQ(passes_of(0), 2u);
  EXPECT_EQ(passes_of(1), 0u);
  EXPECT_EQ(passes_of(2), 1u);
  EXPECT_EQ(passes_of(PassTimes::kSettings), 1u);
  for (std::size_t i = 0; i < PassTimes::kRecentPasses + 5; ++i) add(2);
  EXPECT_EQ(passes_of(2), PassTimes::kRecentPasses);
}

}  // namespace
}  // namespace headlight
