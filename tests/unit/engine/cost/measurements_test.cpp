#include "engine/cost/measurements.h"

#include <gtest/gtest.h>

#include "engine/cost/prediction.h"

namespace vit {
namespace {

ModelConfig small_config() {
  ModelConfig config;
  config.depth = 3;
  config.channels = 12;
  config.num_heads = 3;
  config.hidden = 48;
  config.patch_px = 2;
  config.grid_height = config.grid_width = 3;
  config.classes = 5;
  return config;
}

Settings settings_of(const ModelConfig& config, Kernel kernel) {
  Settings settings;
  settings.blocks.assign(static_cast<std::size_t>(config.depth), {config.num_heads, {}});
  settings.kernel = kernel;
  return settings;
}

CostTable table_of(Kernel kernel) {
  const ModelConfig config = small_config();
  return CostTable(config, {1, 3, 3}, settings_of(config, kernel));
}

/// A pass in which every row of the table takes `ms`, and `waiting` of the wall time belongs to none.
Timings pass_of(const CostTable& table, double ms, double waiting, int first_block = 0) {
  Timings pass;
  pass.first_block = first_block;
  pass.blocks.resize(3);
  for (const Operator& row : table.operators()) {
    const auto i = static_cast<std::size_t>(row.op);
    if (!is_block_op(row.op)) {
      if (first_block == 0 || row.op > Op::residual2) pass.model[i] = ms;
      continue;
    }
    for (std::size_t b = static_cast<std::size_t>(first_block); b < 3; ++b) pass.blocks[b][i] = ms;
  }
  for (double t : pass.model) pass.wall_ms += t;
  for (const OpTimes& block : pass.blocks)
    for (double t : block) pass.wall_ms += t;
  pass.wall_ms += waiting;
  return pass;
}

TEST(Summarise, MedianAndMinimum) {
  EXPECT_EQ(summarise({}).calls, 0);
  EXPECT_EQ(summarise({3, 1, 2}).median_ms, 2);
  EXPECT_EQ(summarise({4, 1, 2, 3}).median_ms, 2.5);
  EXPECT_EQ(summarise({4, 1, 2, 3}).min_ms, 1);
  EXPECT_EQ(summarise({4, 1, 2, 3}).calls, 4);
}

TEST(Summarise, SpreadIsWhatLiesBetweenTheQuartiles) {
  EXPECT_EQ(summarise({4, 1, 2, 3}).max_ms, 4);
  EXPECT_DOUBLE_EQ(summarise({90, 95, 100, 105, 110}).spread, 0.1);
  EXPECT_EQ(summarise({5, 5, 5, 5, 900}).spread, 0) << "one pass that was held up";
  EXPECT_EQ(summarise({5}).spread, 0);
}

TEST(Measurements, WaitingInABlockIsTheMedianOfThePassesThatRanIt) {
  const CostTable table = table_of(Kernel::eager);
  std::vector<Timings> passes = {pass_of(table, 1, 0), pass_of(table, 1, 0), pass_of(table, 1, 0, 2)};
  EXPECT_EQ(Measurements(table, passes).waiting_ms(1), 0) << "not measured";
  passes[0].block_waiting_ms = {0.5, 2, 3};
  passes[1].block_waiting_ms = {0.5, 4, 3};
  passes[2].block_waiting_ms = {0, 0, 9};
  EXPECT_EQ(Measurements(table, passes).waiting_ms(1), 3);
  EXPECT_EQ(Measurements(table, passes).waiting_ms(2), 3);
}

TEST(Measurements, SectionsAreTheSumsOfTheirRows) {
  const CostTable table = table_of(Kernel::eager);
  std::vector<Timings> passes = {pass_of(table, 1, 0), pass_of(table, 2, 0), pass_of(table, 3, 0)};
  // Rows that were slow in different passes: the median of sums is another number.
  passes[0].blocks[1][static_cast<std::size_t>(Op::qkv)] = 50;
  passes[1].blocks[1][static_cast<std::size_t>(Op::proj)] = 60;
  passes[2].blocks[1][static_cast<std::size_t>(Op::scores)] = 70;
  const Measurements measured(table, passes);
  for (Section section : {Section::attention, Section::mlp, Section::block}) {
    double sum = 0;
    for (const Operator& row : table.operators())
      if (belongs_to(row.op, section)) sum += measured.row(row.op, 1).median_ms;
    EXPECT_DOUBLE_EQ(measured.section(section, 1).median_ms, sum) << name_of(section);
  }
}

TEST(Measurements, RowsAndWaitingAddUpToTheWallTime) {
  for (Kernel kernel : {Kernel::eager, Kernel::tiled, Kernel::reference}) {
    const CostTable table = table_of(kernel);
    const std::vector<Timings> passes = {pass_of(table, 1, 0.5), pass_of(table, 2, 0.25), pass_of(table, 4, 3)};
    const Measurements times(table, passes);
    double sum = times.waiting_ms();
    for (const Operator& row : table.operators()) sum += times.row(row.op, -1).median_ms;
    EXPECT_DOUBLE_EQ(sum, times.wall().median_ms);
    EXPECT_NEAR(times.waiting_ms(), 0.25, 1e-9);
  }
}

TEST(Measurements, AFusedRowHasNoTimeAndItsHostHasBoth) {
  const CostTable table = table_of(Kernel::tiled);
  const std::vector<Timings> passes = {pass_of(table, 1, 0)};
  const Measurements times(table, passes);
  EXPECT_EQ(times.row(Op::gelu, 0).calls, 0);
  EXPECT_EQ(fused_text(*table.find(Op::gelu)), "in fc1");
  EXPECT_EQ(fused_text(*table.find(Op::fc1)), "");
  EXPECT_EQ(times.row(Op::fc1, 0).median_ms, 2) << "fc1 and the activation";
  EXPECT_EQ(times.row(Op::softmax, 0).median_ms, 2) << "scale and softmax";
  EXPECT_EQ(times.row(Op::softmax, -1).median_ms, 6) << "three blocks";
}

TEST(Measurements, ARestartCountsForTheBlocksThatRan) {
  const CostTable table = table_of(Kernel::eager);
  const std::vector<Timings> passes = {pass_of(table, 1, 0), pass_of(table, 3, 0, 2)};
  const Measurements times(table, passes);
  EXPECT_EQ(times.row(Op::qkv, 1).calls, 1);
  EXPECT_EQ(times.row(Op::qkv, 2).calls, 2);
  EXPECT_EQ(times.row(Op::qkv, 2).median_ms, 2);
  EXPECT_EQ(times.row(Op::qkv, -1).calls, 1) << "a sum over all blocks needs all blocks";
  EXPECT_EQ(times.row(Op::patch_embed, -1).calls, 1);
  EXPECT_EQ(times.row(Op::head, -1).calls, 2);
  EXPECT_EQ(times.wall().calls, 1);
  EXPECT_EQ(times.section(Section::block, 2).calls, 2);
  EXPECT_EQ(times.section(Section::model, -1).calls, 1);
}

TEST(Measurements, NothingMeasuredIsNothing) {
  const CostTable table = table_of(Kernel::eager);
  const Measurements times(table, {});
  EXPECT_EQ(times.wall().calls, 0);
  EXPECT_EQ(times.row(Op::qkv, 0).calls, 0);
  EXPECT_EQ(predict_ms(table, times, table), 0);
  EXPECT_EQ(gflops(1e9, 0), 0);
  EXPECT_DOUBLE_EQ(gflops(2e9, 100), 20);
}

TEST(Prediction, AtTheMeasuredHeadsItIsTheMeasuredTime) {
  for (Kernel kernel : {Kernel::eager, Kernel::tiled}) {
    const CostTable table = table_of(kernel);
    const std::vector<Timings> passes = {pass_of(table, 1, 0.5), pass_of(table, 2, 0.25), pass_of(table, 4, 3)};
    const Measurements times(table, passes);
    EXPECT_NEAR(predict_ms(table, times, table), times.wall().median_ms, 1e-9);
    EXPECT_NEAR(predict_ms(table, times, table, 1), times.section(Section::block, 1).median_ms, 1e-9);
  }
}

TEST(Prediction, OnlyScaleAndSoftmaxGrowWithTheHeads) {
  const CostTable table = table_of(Kernel::eager);
  const std::vector<Timings> passes = {pass_of(table, 1, 0)};
  const Measurements times(table, passes);
  const double base = times.wall().median_ms;
  const double block = times.section(Section::block, 1).median_ms;
  for (const int heads : divisors(small_config().channels)) {
    const double more = 2 * (heads / 3.0 - 1);  // ms, in each block that has so many heads
    const CostTable all(small_config(), table.grid(), with_heads(table.settings(), heads, -1));
    const CostTable one(small_config(), table.grid(), with_heads(table.settings(), heads, 1));
    EXPECT_NEAR(predict_ms(table, times, all), base + 3 * more, 1e-9) << heads << " heads in three blocks";
    EXPECT_NEAR(predict_ms(table, times, one), base + more, 1e-9) << heads << " heads in one block";
    EXPECT_NEAR(predict_ms(table, times, one, 1), block + more, 1e-9) << heads << " heads, that block";
    EXPECT_NEAR(predict_ms(table, times, one, 0), times.section(Section::block, 0).median_ms, 1e-9) << "another block";
  }
}

}  // namespace
}  // namespace vit
