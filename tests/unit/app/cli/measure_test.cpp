// Repeated passes for the commands that measure.
#include "app/cli/measure.h"

#include <gtest/gtest.h>

#include "app/cli/interrupt.h"
#include "app/cli/progress.h"
#include "tests/unit/analysis_support.h"

namespace headlight {
namespace {

TEST(MeasurePasses, KeepsTheTimeOfEachAndTheOperatorsOfTheNewestThousand) {
  const auto trace = vit::testing_passes::pass({.model = "random:C=8,L=1,h=1,P=16,S=32,K=2"});
  const vit::PassInput run{.model = trace->model, .pixels = trace->pixels, .settings = trace->settings};
  vit::Pool pool(1);
  const Interrupt interrupt;
  ProgressBar bar("measuring");
  const int most = static_cast<int>(MeasuredPasses::kMostTimed);
  const MeasuredPasses few = measure_passes(run, pool, {.runs = 3, .warmup = 2}, interrupt, bar);
  EXPECT_EQ(few.elapsed_ms.size(), 3u);
  EXPECT_EQ(few.timings.size(), 3u);
  const MeasuredPasses many = measure_passes(run, pool, {.runs = most + 7, .warmup = 0}, interrupt, bar);
  EXPECT_EQ(many.elapsed_ms.size(), MeasuredPasses::kMostTimed + 7);
  ASSERT_EQ(many.timings.size(), MeasuredPasses::kMostTimed);
  for (std::size_t i = 0; i < 7; ++i) {  // those took the place of the first: the next one lies 7 passes from the end
    EXPECT_LE(many.timings[i].wall_ms, many.elapsed_ms[MeasuredPasses::kMostTimed + i]) << i;
  }
}

}  // namespace
}  // namespace headlight
