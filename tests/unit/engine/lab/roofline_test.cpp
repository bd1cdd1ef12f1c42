// The machine's ceilings, and operators as points under them.
#include "engine/lab/roofline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/kernels/kernels.h"
#include "engine/lab/attention_module.h"

namespace vit {
namespace {

using ::testing::HasSubstr;

const Ceilings kMachine{.processor = "made up",
                        .instruction_set = "avx2",
                        .threads = 2,
                        .gflops = 200,
                        .cache_gbytes = 100,
                        .memory_gbytes = 20};

TEST(Ceilings, ARoofIsTheLowerOfArithmeticAndBytes) {
  EXPECT_EQ(kMachine.roof(0.5), 50);
  EXPECT_EQ(kMachine.roof(2), 200);
  EXPECT_EQ(kMachine.roof(50), 200);
  EXPECT_EQ(kMachine.memory_roof(0.5), 10);
  EXPECT_EQ(kMachine.memory_roof(10), 200);
  EXPECT_FALSE(Ceilings{}.known());
  EXPECT_TRUE(kMachine.known());
}

TEST(Ceilings, CalibratingFindsThemAndHearsAStop) {
  Pool pool(2);
  double last = 0;
  const Ceilings found =
      calibrate({.kernel = Kernel::eager, .threads = 2}, pool, 0.3, [&](double done) { last = done; });
  EXPECT_TRUE(found.known()) << found.gflops << " " << found.cache_gbytes << " " << found.memory_gbytes;
  EXPECT_EQ(found.threads, 2);
  EXPECT_EQ(found.instruction_set, kernels().name);
  EXPECT_FALSE(found.processor.empty());
  EXPECT_GT(last, 0.9);
  Execution rounded = {.precision = Precision::bf16, .threads = 1};
  if (has_bf16(rounded.kernel)) {
    EXPECT_EQ(calibrate(rounded, pool, 0.3).instruction_set, instruction_set_of(rounded));
    EXPECT_NE(instruction_set_of(rounded), kernels().name) << "other products, other ceilings";
  }
  rounded.kernel = Kernel::reference;
  EXPECT_EQ(instruction_set_of(rounded), "reference");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(calibrate({.kernel = Kernel::eager, .threads = 1}, pool, 10, {}, stop.get_token()), Cancelled);
}

TEST(Ceilings, NoProductIsFasterThanTheMultiplyAddsAlone) {
  for (const std::string& name : available_instruction_sets()) {
    const KernelTable& table = *kernels_by_name(name);
    float sink[16];
    for (int i = 0; i < 16; ++i) sink[i] = 0.1f * static_cast<float>(i);
    const double done = table.peak(10, sink);
    EXPECT_GT(done, 0) << name;
    EXPECT_EQ(static_cast<int>(done) % 140, 0) << name << ": fourteen chains, ten steps";
  }
}

/// Each chain ends where its numbers say: x ← x·a + b.
TEST(Ceilings, TheMultiplyAddsAreDone) {
  for (const std::string& name : available_instruction_sets()) {
    float sink[16] = {0.5f, 1.f};
    double expected = 0;
    for (int chain = 0; chain < 14; ++chain) {
      sink[2 + chain] = static_cast<float>(chain);
      expected += ((chain * 0.5 + 1) * 0.5 + 1) * 0.5 + 1;
    }
    kernels_by_name(name)->peak(3, sink);
    EXPECT_FLOAT_EQ(sink[0], static_cast<float>(expected)) << name;
  }
}

TEST(Roofline, WhatMovesNothingIsNamed) {
  ModuleSpec spec{.tokens = 100, .channels = 64, .heads = 4};
  EXPECT_THAT(rows_without_bytes(cost_table(spec), 0), testing::IsEmpty());
  spec.kernel = Kernel::tiled;
  EXPECT_THAT(rows_without_bytes(cost_table(spec), 0), testing::ElementsAre("softmax"));
}

TEST(Roofline, APointIsOperationsABytesAndASecond) {
  const ModuleSpec spec{.tokens = 100, .channels = 64, .heads = 4};
  const CostTable table = cost_table(spec);
  Timings timings;
  timings.blocks.resize(1);
  timings.blocks[0][static_cast<std::size_t>(Op::scores)] = 0.5;
  timings.blocks[0][static_cast<std::size_t>(Op::split)] = 0.1;
  const std::vector<Timings> passes = {timings};
  const auto points = roofline_points(table, Measurements(table, passes), 0);
  ASSERT_EQ(points.size(), 1u) << "split has no operations, the others no time";
  const RooflinePoint& scores = points.front();
  EXPECT_EQ(scores.op, Op::scores);
  EXPECT_DOUBLE_EQ(scores.operations, 2.0 * 100 * 100 * 64);
  EXPECT_DOUBLE_EQ(scores.bytes, 4.0 * (2 * 100 * 64 + 4 * 100 * 100));
  EXPECT_DOUBLE_EQ(scores.gflops(), scores.operations / 0.5e-3 * 1e-9);
  EXPECT_DOUBLE_EQ(scores.intensity(), scores.operations / scores.bytes);
  EXPECT_THAT(sentence_of(scores, kMachine),
              HasSubstr("q·kᵀ: 6.06 operations a byte, 2.56 GFLOP/s in 0.500 ms: 1.3 %"));
  EXPECT_THAT(sentence_of(scores, kMachine), HasSubstr("From memory alone it would reach 121 at most"));
}

}  // namespace
}  // namespace vit
