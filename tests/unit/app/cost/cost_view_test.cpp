#include "app/cost/cost_view.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/cost/cost_files.h"
#include "app/cost/cost_text.h"
#include "engine/base/pool.h"
#include "engine/checkpoint/load_model.h"
#include "engine/network/forward.h"

namespace headlight {
namespace {

using ::testing::HasSubstr;

/// Passes of a small random network, measured for real.
struct MeasuredRun {
  std::shared_ptr<const vit::Model> model;
  vit::Settings settings;
  vit::TokenGrid grid;
  std::vector<vit::Timings> passes;
};

MeasuredRun measured_run(vit::Kernel kernel, int threads) {
  MeasuredRun run;
  run.model = vit::load_model("random:C=96,L=3,h=4,P=8,S=96,K=10,seed=1");
  run.settings = vit::trained_settings(run.model->config);
  run.settings.kernel = kernel;
  run.settings.threads = threads;
  auto pixels = std::make_shared<vit::Pixels>();
  pixels->width = pixels->height = 96;
  pixels->chw.assign(3 * 96 * 96, 0.25f);
  run.grid = vit::token_grid(run.model->config, 96, 96);
  vit::Pool pool(threads);
  for (int i = 0; i < 5; ++i) {
    vit::Meter meter;
    run.passes.push_back(vit::forward({run.model, pixels, run.settings}, meter, pool)->timings);
  }
  return run;
}

const CostLine& line_of(const CostView& view, const std::string& id) {
  const auto found = std::find_if(view.lines.begin(), view.lines.end(), [&](const CostLine& l) { return l.id == id; });
  if (found == view.lines.end()) throw std::runtime_error("no line " + id);
  return *found;
}

const CostLine& line_of(const CostView&& view, const std::string& id) = delete;  // the line would not outlive it

class CostViewOf : public ::testing::TestWithParam<vit::Kernel> {};

TEST_P(CostViewOf, RowsAndWaitingAddUpToTheWallTime) {
  const MeasuredRun run = measured_run(GetParam(), GetParam() == vit::Kernel::reference ? 1 : 2);
  const vit::CostTable table(run.model->config, run.grid, run.settings);
  const CostView view = make_cost_view(table, run.passes, -1, vit::Convention::mac);
  double sum = 0;
  for (const CostLine& line : view.lines) sum += line.ms_median.value_or(0);
  ASSERT_TRUE(view.wall_ms);
  EXPECT_NEAR(sum, *view.wall_ms, 0.02 * *view.wall_ms);
}

TEST_P(CostViewOf, EveryPassAddsUpWithoutNegativeTimes) {
  const MeasuredRun run = measured_run(GetParam(), GetParam() == vit::Kernel::reference ? 1 : 2);
  for (const vit::Timings& pass : run.passes) {
    EXPECT_NEAR(pass.rows_ms() + pass.waiting_ms(), pass.wall_ms, 0.02 * pass.wall_ms);
    EXPECT_GE(pass.waiting_ms(), -0.02 * pass.wall_ms);
  }
}

TEST_P(CostViewOf, RowsWithWorkHaveATimeOrNameTheirHostOrAreOff) {
  const MeasuredRun run = measured_run(GetParam(), 1);
  const vit::CostTable table(run.model->config, run.grid, run.settings);
  for (const CostLine& line : make_cost_view(table, run.passes, -1, vit::Convention::mac).lines) {
    if (line.kind != CostLine::Kind::row) continue;
    if (!line.instead_of_time.empty()) {
      EXPECT_FALSE(line.ms_median) << line.id;
    } else {
      ASSERT_TRUE(line.ms_median) << line.id;
      EXPECT_GT(*line.ms_median, 0) << line.id;
      EXPECT_EQ(line.calls, 5) << line.id;
    }
  }
}

TEST_P(CostViewOf, JsonHasTheAgreedKeysAndAddsUp) {
  const MeasuredRun run = measured_run(GetParam(), 1);
  const vit::CostTable table(run.model->config, run.grid, run.settings);
  const auto json = nlohmann::json::parse(cost_json(table, run.passes, {.model = "m", .image = "i"}));
  double macs = 0, ms = 0, bytes = 0;
  int blocks_seen = 0;
  for (const auto& row : json.at("rows")) {
    for (const char* key :
         {"name", "block", "shape", "formula", "macs", "element_ops", "bytes", "ms_median", "ms_min", "calls"})
      EXPECT_TRUE(row.contains(key)) << key;
    macs += row.at("macs").get<double>();
    bytes += row.at("bytes").get<double>();
    if (row.at("ms_median").is_number()) ms += row.at("ms_median").get<double>();
    if (row.at("block").is_number()) blocks_seen = std::max(blocks_seen, row.at("block").get<int>() + 1);
  }
  EXPECT_EQ(blocks_seen, 3);
  EXPECT_EQ(macs, json.at("total").at("macs").get<double>());
  EXPECT_EQ(bytes, json.at("total").at("bytes").get<double>());
  EXPECT_NEAR(ms, json.at("total").at("ms_median").get<double>(), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Kernels, CostViewOf,
                         ::testing::Values(vit::Kernel::eager, vit::Kernel::tiled, vit::Kernel::reference),
                         [](const auto& test) { return std::string(vit::id_of(test.param)); });

TEST(CostView, WithoutPassesThereAreFormulasButNoTimes) {
  const MeasuredRun run = measured_run(vit::Kernel::tiled, 1);
  const vit::CostTable table(run.model->config, run.grid, run.settings);
  const CostView view = make_cost_view(table, {}, 1, vit::Convention::textbook);
  EXPECT_FALSE(view.wall_ms);
  EXPECT_EQ(line_of(view, "qkv").formula, "B·N·3C²");
  EXPECT_EQ(line_of(view, "softmax").formula, "B·N²·h") << "one a score, as the number";
  EXPECT_EQ(line_of(view, "scale").formula, "0");
  EXPECT_FALSE(line_of(view, "qkv").ms_median);
  EXPECT_EQ(line_of(view, "gelu").instead_of_time, "in fc1");
  EXPECT_EQ(line_of(view, "attn_drop").instead_of_time, "off");
  EXPECT_EQ(line_of(view, "softmax").effect(vit::Control::heads), vit::Effect::operations);
  EXPECT_THAT(cost_text(view), HasSubstr("in softmax"));
}

TEST(CostView, TheFormulaIsThatOfTheNumberUnderEveryConvention) {
  const MeasuredRun run = measured_run(vit::Kernel::tiled, 1);
  const vit::CostTable table(run.model->config, run.grid, run.settings);
  for (const vit::Convention convention : vit::choice_values<vit::Convention>()) {
    const CostView view = make_cost_view(table, {}, 1, convention);
    for (const CostLine& line : view.lines) {
      if (!line.op) continue;
      const vit::Operator& row = *table.find(*line.op);
      const bool products_alone = convention == vit::Convention::mac;
      const vit::Polynomial counted = !products_alone      ? row.operations(convention)
                                      : row.macs.is_zero() ? row.element_ops()
                                                           : row.macs;
      const double number = !products_alone ? line.operations : row.macs.is_zero() ? line.element_ops : line.macs;
      EXPECT_EQ(counted.at(table.sizes(1)), number) << vit::id_of(convention) << " " << line.id;
      EXPECT_EQ(line.formula, vit::formula(counted, run.grid.prefix)) << vit::id_of(convention) << " " << line.id;
      std::string joined;
      for (const vit::FormulaTerm& term : line.formula_terms) joined += term.text;
      EXPECT_EQ(joined.empty() ? "0" : joined, line.formula);
    }
  }
}

TEST(CostView, TheHeadCountsTermsAreMarked) {
  const MeasuredRun run = measured_run(vit::Kernel::tiled, 1);
  const vit::CostTable table(run.model->config, run.grid, run.settings);
  const CostView view = make_cost_view(table, {}, 1, vit::Convention::mac);
  EXPECT_TRUE(line_of(view, "softmax").formula_terms.front().has_heads);
  EXPECT_FALSE(line_of(view, "scores").formula_terms.front().has_heads);
}

TEST(CostView, ABlockHasItsWaitingToo) {
  const MeasuredRun run = measured_run(vit::Kernel::tiled, 2);
  const vit::CostTable table(run.model->config, run.grid, run.settings);
  double blocks = 0;
  for (int block = 0; block < 3; ++block) {
    const CostView view = make_cost_view(table, run.passes, block, vit::Convention::mac);
    const CostLine& waiting = line_of(view, "waiting");
    ASSERT_TRUE(waiting.ms_median);
    EXPECT_GE(*waiting.ms_median, 0);
    blocks += *waiting.ms_median;
  }
  double longest = 0;
  for (const vit::Timings& pass : run.passes) longest = std::max(longest, pass.waiting_ms());
  EXPECT_LE(blocks, longest) << "part of the passes' waiting";
}

TEST(CostView, TheWholeNetworkAddsUpItsBlocks) {
  const MeasuredRun run = measured_run(vit::Kernel::tiled, 1);
  const vit::CostTable table(run.model->config, run.grid, run.settings);
  const CostView whole = make_cost_view(table, {}, -1, vit::Convention::mac);
  const CostView block = make_cost_view(table, {}, 0, vit::Convention::mac);
  EXPECT_EQ(line_of(whole, "qkv").macs, 3 * line_of(block, "qkv").macs);
  EXPECT_EQ(line_of(whole, "qkv").blocks, 3);
  EXPECT_THAT(cost_text(whole), HasSubstr("qkv ×3"));
}

}  // namespace
}  // namespace headlight
