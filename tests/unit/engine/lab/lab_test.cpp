// Sweeps, their exponents, and the verdicts: by the table, and on times that are made up.
#include "engine/lab/lab.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/lab/lab_verdicts.h"

namespace vit {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

const ModuleSpec kSmall{.tokens = 32, .channels = 48, .heads = 4};
const ModuleSpec kBase{.tokens = 197, .channels = 768, .heads = 12};

/// As if a pass took what `ms` says for each row of each spec.
LabResult made_up(const ModuleSpec& base, const std::function<double(const ModuleSpec&, Op, const Totals&)>& ms) {
  LabResult result{.plan = {.base = base}, .instruction_set = "made up", .points = {}, .rounds = 3};
  for (const ModuleSpec& spec : specs_of(result.plan)) {
    const CostTable table = cost_table(spec);
    Timings timings;
    timings.blocks.resize(1);
    for (const Operator& row : table.operators())
      if (belongs_to(row.op, Section::attention) && !row.fused_into)
        timings.blocks[0][static_cast<std::size_t>(row.op)] =
            ms(spec, row.op, table.cost_with_fused(row.op, 0, Convention::elements));
    result.points.push_back({spec, {timings, timings, timings}});
  }
  return result;
}

double by_operations(const ModuleSpec&, Op, const Totals& total) {
  return total.operations * 1e-7 + total.bytes * 1e-9;
}

TEST(Lab, SweepsHoldTheBaseAndAscend) {
  for (const auto& axis : choices(LabAxis{}))
    for (const ModuleSpec& base : {kSmall, kBase, ModuleSpec{.tokens = 1, .channels = 1, .heads = 1}}) {
      const std::vector<int> values = swept_values(axis.value, base);
      EXPECT_THAT(values, Contains(value_of(axis.value, base))) << axis.id;
      EXPECT_TRUE(std::is_sorted(values.begin(), values.end()));
      for (const int value : values) {
        const ModuleSpec spec = with_value(base, axis.value, value);
        EXPECT_NO_THROW(validate(spec));
        EXPECT_EQ(spec.channels % spec.heads, 0) << axis.id << " " << value;
      }
    }
  EXPECT_EQ(swept_values(LabAxis::heads, kBase).front(), 1);
  EXPECT_EQ(swept_values(LabAxis::heads, kBase).back(), 768);
}

TEST(Lab, ExponentsOfTheOperationsAreThoseOfTheFormulas) {
  const auto exponent = [](LabAxis axis, Op op) {
    return lab_sweep({.tokens = 64, .channels = 256, .heads = 4, .qkv_bias = false}, axis, nullptr)
        .find(op)
        ->work_fit.exponent;
  };
  EXPECT_NEAR(exponent(LabAxis::heads, Op::softmax), 1, 1e-9);
  EXPECT_NEAR(exponent(LabAxis::heads, Op::scale), 1, 1e-9);
  for (const Op op : {Op::qkv, Op::scores, Op::attn_v, Op::proj}) EXPECT_NEAR(exponent(LabAxis::heads, op), 0, 1e-9);
  for (const Op op : {Op::scores, Op::scale, Op::softmax, Op::attn_v})
    EXPECT_NEAR(exponent(LabAxis::tokens, op), 2, 1e-9) << name_of(op);
  EXPECT_NEAR(exponent(LabAxis::tokens, Op::qkv), 1, 1e-9);
  EXPECT_NEAR(exponent(LabAxis::channels, Op::qkv), 2, 1e-9);
  EXPECT_NEAR(exponent(LabAxis::channels, Op::proj), 2, 0.02) << "its bias is of power one";
  EXPECT_NEAR(exponent(LabAxis::channels, Op::scores), 1, 1e-9);
  EXPECT_NEAR(exponent(LabAxis::channels, Op::softmax), 0, 1e-9);
  for (const Op op : {Op::qkv, Op::scores, Op::softmax, Op::attn_v, Op::proj})
    EXPECT_NEAR(exponent(LabAxis::batch, op), 1, 1e-9);
}

TEST(Lab, TimesThatFollowTheOperationsAreWhatIsPredicted) {
  const LabResult result = made_up(kBase, [](const ModuleSpec&, Op, const Totals& total) {
    return total.operations > 0 ? total.operations * 1e-7 : total.bytes * 1e-7;
  });
  for (const auto& axis : choices(LabAxis{})) {
    const LabSweep sweep = lab_sweep(kBase, axis.value, &result);
    ASSERT_EQ(sweep.values[sweep.base], value_of(axis.value, kBase));
    for (const LabLine& line : sweep.lines) {
      if (!line.op) continue;
      ASSERT_EQ(line.measured.size(), sweep.values.size());
      for (std::size_t i = 0; i < sweep.values.size(); ++i)
        EXPECT_NEAR(line.predicted_ms[i], line.measured[i].median_ms, 1e-9 * line.predicted_ms[i]) << line.name;
      EXPECT_NEAR(line.time_fit.exponent, line.work_fit.exponent, 1e-9) << line.name;
    }
  }
}

TEST(Lab, MeasuringRunsEveryPointOnceARound) {
  Pool pool(2);
  ModuleSpec base = kSmall;
  base.threads = 2;
  double last = 0;
  const LabResult result = measure_lab({.base = base, .rounds = 3}, pool, {.progress = [&](double done) {
                                         EXPECT_GE(done, 0);
                                         EXPECT_LE(done, 1);
                                         last = done;
                                       }});
  EXPECT_EQ(result.rounds, 3);
  EXPECT_EQ(last, 1);
  EXPECT_GT(result.points.size(), 12u);
  for (const LabPoint& point : result.points) {
    EXPECT_EQ(point.passes.size(), 3u);
    EXPECT_GT(module_time(point).median_ms, 0);
  }
}

TEST(Lab, ARoundThatWasDisturbedBeginsAnew) {
  Pool pool(1);
  int asked = 0;
  const LabResult result = measure_lab({.base = kSmall, .rounds = 2}, pool, {.at_rest = [&] { return ++asked != 5; }});
  EXPECT_EQ(result.rounds, 2);
  EXPECT_EQ(asked, 5 + 2 * static_cast<int>(result.points.size()));
  for (const LabPoint& point : result.points) EXPECT_EQ(point.passes.size(), 2u) << "what was disturbed does not count";
}

TEST(Lab, AStopRequestIsHeard) {
  Pool pool(1);
  std::stop_source stop;
  int passes = 0;
  EXPECT_THROW(measure_lab({.base = kSmall, .rounds = 1000, .seconds = 1000}, pool,
                           {.stop = stop.get_token(),
                            .progress =
                                [&](double) {
                                  if (++passes == 3) stop.request_stop();
                                }}),
               Cancelled);
  EXPECT_EQ(passes, 3);
}

const Verdict& verdict(const std::vector<Verdict>& all, const std::string& id) {
  return *std::find_if(all.begin(), all.end(), [&](const Verdict& one) { return one.id == id; });
}

TEST(LabVerdicts, ByOperationsTheTableDecides) {
  const auto all = lab_verdicts(kBase, nullptr);
  EXPECT_EQ(verdict(all, "softmax").by_operations, Says::in_part);
  EXPECT_THAT(verdict(all, "softmax").operations, HasSubstr("scale (B·N²·h) and softmax (5·B·N²·h)"));
  EXPECT_THAT(verdict(all, "softmax").operations, Not(HasSubstr("qkv")));
  EXPECT_EQ(verdict(all, "products").by_operations, Says::holds);
  EXPECT_EQ(verdict(all, "qkv_bias").by_operations, Says::holds);
  EXPECT_THAT(verdict(all, "qkv_bias").operations, HasSubstr("454 k additions"));
  for (const Verdict& one : all) {
    EXPECT_EQ(one.by_time, Says::unknown);
    EXPECT_EQ(one.time, "");
  }
}

TEST(LabVerdicts, TimesThatFollowTheOperations) {
  const LabResult result =
      made_up(kBase, [](const ModuleSpec&, Op, const Totals& total) { return total.operations * 1e-7; });
  const auto all = lab_verdicts(kBase, &result);
  EXPECT_EQ(verdict(all, "softmax").by_time, Says::in_part) << "scale grows, too";
  EXPECT_THAT(verdict(all, "softmax").time, HasSubstr("scale ×768 and softmax ×768"));
  EXPECT_THAT(verdict(all, "softmax").time, HasSubstr("heads^1.00 ± 0.00"));
  EXPECT_EQ(verdict(all, "products").by_time, Says::holds);
  EXPECT_THAT(verdict(all, "products").time, HasSubstr("q·kᵀ ×1 and attn·v ×1"));
  EXPECT_EQ(verdict(all, "qkv_bias").by_time, Says::holds);
}

TEST(LabVerdicts, NarrowProductsThatAreSlower) {
  const LabResult result = made_up(kBase, [](const ModuleSpec& spec, Op op, const Totals& total) {
    const bool product = op == Op::scores || op == Op::attn_v;
    return total.operations * 1e-7 * (product && spec.channels / spec.heads < 32 ? 3 : 1);
  });
  const auto all = lab_verdicts(kBase, &result);
  EXPECT_EQ(verdict(all, "products").by_time, Says::in_part);
  EXPECT_THAT(verdict(all, "products").time, HasSubstr("q·kᵀ ×3.00"));
  EXPECT_THAT(verdict(all, "products").time, HasSubstr("Up to 16 heads of 48 channels"));
  EXPECT_THAT(verdict(all, "softmax").time, HasSubstr("q·kᵀ ×3.00"));
}

TEST(LabVerdicts, ABiasThatCostsATenth) {
  const LabResult result =
      made_up(kBase, [](const ModuleSpec& spec, Op, const Totals&) { return spec.qkv_bias ? 1.1 : 1.0; });
  EXPECT_EQ(verdict(lab_verdicts(kBase, &result), "qkv_bias").by_time, Says::fails);
  EXPECT_THAT(verdict(lab_verdicts(kBase, &result), "qkv_bias").time, HasSubstr("+10.0 %"));
}

TEST(LabVerdicts, TimesThatSpreadDecideNothing) {
  LabResult result = made_up(kBase, by_operations);
  for (LabPoint& point : result.points)
    for (std::size_t i = 0; i < point.passes.size(); ++i)
      for (double& ms : point.passes[i].blocks.front()) ms *= 1 + static_cast<double>(i);
  ASSERT_GT(result.spread(), kNoisySpread);
  for (const Verdict& one : lab_verdicts(kBase, &result)) {
    EXPECT_EQ(one.by_time, Says::unclear) << one.id;
    EXPECT_FALSE(one.time.empty()) << "the numbers are told all the same";
  }
}

TEST(LabVerdicts, AnotherModulesTimesSayNothing) {
  const LabResult result = made_up(kSmall, by_operations);
  for (const Verdict& one : lab_verdicts(kBase, &result)) EXPECT_EQ(one.by_time, Says::unknown) << one.id;
}

TEST(LabVerdicts, TheNotesSlipsStandBesideTheTablesFormulas) {
  const auto slips = note_slips(kBase);
  ASSERT_EQ(slips.size(), 3u);
  EXPECT_EQ(slips[0].formula, "B·N·3C²");
  EXPECT_EQ(slips[1].formula, "B·N²·C");
  EXPECT_EQ(slips[2].formula, "B·N·C²");
  EXPECT_THAT(slips[0].sentence, HasSubstr("197 times"));
  EXPECT_THAT(slips[2].sentence, HasSubstr("116 M MAC"));
}

}  // namespace
}  // namespace vit
