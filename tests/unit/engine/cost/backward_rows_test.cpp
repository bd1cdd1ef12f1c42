// The backward pass's rows of the operator table against what the pass really does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "engine/base/pool.h"
#include "engine/cost/cost.h"
#include "engine/cost/measurements.h"
#include "engine/network/backward.h"
#include "engine/network/forward.h"
#include "tests/unit/small_models.h"

namespace vit {
namespace {

using testing_models::make_model;
using testing_models::make_pixels;
using testing_models::small_config;

std::atomic<std::int64_t> multiply_adds{0};

/// The reference kernels, and every multiply-add of a product counted.
const KernelTable& counting_table() {
  static const KernelTable table = [] {
    KernelTable counting = reference_kernels();
    counting.gemm = [](const Gemm& g) {
      const int panel = reference_kernels().panel;
      const std::int64_t columns = std::min(g.panel_end * panel, g.columns) - g.panel_begin * panel;
      multiply_adds += columns * (g.row_end - g.row_begin) * g.depth;
      reference_kernels().gemm(g);
    };
    return counting;
  }();
  return table;
}

void recount(Linear& layer) {
  const Linear& old = layer;
  layer = Linear(
      old.outputs(), old.inputs(), old.groups(),
      [&](int row, float* out) {
        for (int i = 0; i < old.inputs(); ++i) out[i] = old.weight(row, i);
      },
      old.bias(), counting_table());
}

std::shared_ptr<const Trace> counted_trace(const ModelConfig& config, const std::function<void(Settings&)>& change,
                                           Pool& pool) {
  const auto model = std::const_pointer_cast<Model>(make_model(config));
  recount(model->patch_embed);
  for (BlockWeights& w : model->blocks)
    for (Linear* layer : {&w.qkv, &w.proj, &w.fc1, &w.fc2}) recount(*layer);
  recount(*model->head);
  Settings settings = trained_settings(config);
  settings.threads = 2;
  settings.keep = Keep::maps;
  change(settings);
  Meter meter;
  return forward({model, make_pixels(config), settings}, meter, pool);
}

double table_macs(const Trace& trace, const WayBack& way) {
  return CostTable(trace.model->config, trace.grid, trace.settings, way)
      .total(Section::model, -1, Convention::mac)
      .macs;
}

struct Case {
  const char* name;
  std::function<void(ModelConfig&)> config;
  std::function<void(Settings&)> settings;
};

TEST(BackwardRows, MultiplyAddsAreThoseThatThePassDoes) {
  const Case cases[] = {
      {"plain", [](ModelConfig&) {}, [](Settings&) {}},
      {"attention computed again", [](ModelConfig&) {}, [](Settings& s) { s.keep = Keep::qk; }},
      {"other head counts", [](ModelConfig&) {},
       [](Settings& s) {
         s.set_heads({2, 12, 6});
       }},
      {"SwiGLU, layer scale, norms inside",
       [](ModelConfig& c) {
         c.swiglu = true;
         c.layer_scale = true;
         c.attn_norm = true;
         c.mlp_norm = true;
       },
       [](Settings&) {}},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    ModelConfig config = small_config();
    one.config(config);
    Pool pool(2);
    const auto trace = counted_trace(config, one.settings, pool);
    const int last = config.depth - 1;
    for (const WayBack& way : {WayBack{0, true}, WayBack{0, false}, WayBack{1, false}, WayBack{last, false}}) {
      SCOPED_TRACE("down to block " + std::to_string(way.down_to));
      BackwardHooks hooks{.down_to = way.down_to};
      if (way.tokens) hooks.tokens = [](int, MatrixView, MatrixView) {};
      multiply_adds = 0;
      Meter meter;
      backward(*trace, {.logit = 0}, hooks, meter, pool);
      EXPECT_EQ(static_cast<double>(multiply_adds), table_macs(*trace, way));
    }
  }
}

TEST(BackwardRows, EveryTimeBelongsToARow) {
  ModelConfig config = small_config();
  config.layer_scale = true;
  config.position.rotary = PositionRule::Rotary::none;
  Pool pool(1);
  const auto trace = counted_trace(
      config,
      [](Settings& s) {
        s.threads = 1;
        s.keep = Keep::qk;
        s.training = true;
        s.attn_drop = s.proj_drop = 0.1f;
      },
      pool);
  Meter meter;
  backward(*trace, {.logit = 0}, {}, meter, pool);
  const CostTable table(config, trace->grid, trace->settings, WayBack{});
  const std::vector<Timings> passes = {meter.timings()};
  const Measurements measured(table, passes);
  double rows = 0;
  for (const Operator& row : table.operators()) {
    const double ms = measured.row(row.op, -1).median_ms;
    EXPECT_GT(ms, 0) << name_of(row.op) << " took no time";
    rows += ms;
  }
  EXPECT_NEAR(rows, meter.timings().rows_ms(), 1e-6) << "a time that no row has";
}

TEST(BackwardRows, APassThatEndsAboveTheFirstBlockIsMeasuredWhole) {
  const ModelConfig config = small_config();
  Pool pool(1);
  const auto trace = counted_trace(
      config, [](Settings& s) { s.threads = 1; }, pool);
  for (const int down_to : {1, config.depth - 1}) {
    SCOPED_TRACE(down_to);
    Meter meter;
    backward(*trace, {.logit = 0}, {.down_to = down_to}, meter, pool);
    const CostTable table(config, trace->grid, trace->settings, WayBack{down_to, false});
    const std::vector<Timings> passes = {meter.timings()};
    const Measurements measured(table, passes);
    EXPECT_EQ(measured.wall().calls, 1);
    double rows = 0;
    for (const Operator& row : table.operators()) rows += measured.row(row.op, -1).median_ms;
    EXPECT_NEAR(rows, meter.timings().rows_ms(), 1e-6) << "a time that no row has";
    EXPECT_EQ(table.cost(Op::fc1, down_to - 1, Convention::mac).macs, 0) << "a block that the pass does not reach";
    EXPECT_EQ(table.find(Op::split, down_to), nullptr) << "nothing is turned where the pass ends";
  }
}

TEST(BackwardRows, FormulasAreReadAsTheyAreMeant) {
  const ModelConfig config = small_config();
  const CostTable table(config, {1, 5, 5}, trained_settings(config), WayBack{});
  EXPECT_EQ(formula(table.find(Op::qkv)->macs), "B·N·4C²");
  EXPECT_EQ(formula(table.find(Op::scores)->macs), "B·N²·2C");
  EXPECT_EQ(formula(table.find(Op::fc1)->macs), "B·N·2C·M");
  EXPECT_EQ(table.find(Op::patch_embed), nullptr);
  EXPECT_EQ(table.effect(Op::softmax, Control::heads), Effect::operations);
  EXPECT_EQ(table.effect(Op::qkv, Control::heads), Effect::none);
  EXPECT_EQ(table.effect(Op::attn_drop, Control::attn_drop), Effect::operations);
}

}  // namespace
}  // namespace vit
