// Where the first number that is not finite appears: every operator in turn is the one that makes it.
#include "engine/network/not_finite.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/maps/analysis.h"
#include "engine/network/forward.h"
#include "tests/unit/small_models.h"

namespace vit {
namespace {

using testing_models::make_model;
using testing_models::make_pixels;
using testing_models::small_config;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr int kBlock = 1;  // of three: there is one before and one behind

/// A layer that makes nothing but this number.
Linear constant(const Linear& layer, float value) {
  const auto zeros = [&](int, float* out) { std::fill_n(out, layer.inputs(), 0.f); };
  return {layer.outputs(), layer.inputs(), layer.groups(), zeros,
          std::vector<float>(static_cast<std::size_t>(layer.outputs()), value)};
}

struct Case {
  Op op;
  std::function<void(ModelConfig&)> choose;
  std::function<void(Model&)> spoil;
  bool one_head = false;  // the operator works head by head: the sentence names the first one
};

BlockWeights& block_of(Model& model) {
  return model.blocks[kBlock];
}

/// A sum of the residual stream is missing: before it overflows, the norm of what it adds to has.
std::vector<Case> cases() {
  const auto plain = [](ModelConfig&) {};
  using Bias = ModelConfig::RelativeBias;
  return {
      {Op::patch_norm, [](ModelConfig& c) { c.patch_norm = true; },
       [](Model& m) { m.patch_norm->weight[2] = kInfinity; }},
      {Op::patch_embed, plain, [](Model& m) { m.patch_embed = constant(m.patch_embed, kInfinity); }},
      {Op::embed_norm, [](ModelConfig& c) { c.embed_norm = true; },
       [](Model& m) { m.embed_norm->bias[0] = kInfinity; }},
      {Op::position, plain, [](Model& m) { m.position(3, 1) = kInfinity; }},
      {Op::norm_pre, [](ModelConfig& c) { c.norm_pre = true; }, [](Model& m) { m.norm_pre->bias[0] = kInfinity; }},
      {Op::norm1, plain, [](Model& m) { block_of(m).norm1.weight[5] = kInfinity; }},
      {Op::qkv, plain, [](Model& m) { block_of(m).qkv = constant(block_of(m).qkv, kInfinity); }},
      {Op::scores, plain, [](Model& m) { block_of(m).qkv = constant(block_of(m).qkv, 1e30f); }, true},
      {Op::relative_bias, [](ModelConfig& c) { c.relative_bias = Bias::of_each_block; },
       [](Model& m) { block_of(m).relative_bias(4, 0) = kInfinity; }, true},
      {Op::attn_norm, [](ModelConfig& c) { c.attn_norm = true; },
       [](Model& m) { block_of(m).attn_norm->weight[0] = kInfinity; }},
      {Op::proj, plain, [](Model& m) { block_of(m).proj = constant(block_of(m).proj, -kInfinity); }},
      {Op::layer_scale1, [](ModelConfig& c) { c.layer_scale = true; },
       [](Model& m) { block_of(m).layer_scale1[3] = kInfinity; }},
      {Op::norm2, plain, [](Model& m) { block_of(m).norm2.bias[5] = -kInfinity; }},
      {Op::fc1, plain, [](Model& m) { block_of(m).fc1 = constant(block_of(m).fc1, kInfinity); }},
      {Op::gelu, [](ModelConfig& c) { c.swiglu = true; },
       [](Model& m) { block_of(m).fc1 = constant(block_of(m).fc1, 1e30f); }},
      {Op::mlp_norm, [](ModelConfig& c) { c.mlp_norm = true; },
       [](Model& m) { block_of(m).mlp_norm->bias[7] = kInfinity; }},
      {Op::fc2, plain, [](Model& m) { block_of(m).fc2 = constant(block_of(m).fc2, kInfinity); }},
      {Op::layer_scale2, [](ModelConfig& c) { c.layer_scale = true; },
       [](Model& m) { block_of(m).layer_scale2[3] = kInfinity; }},
      {Op::mid_position, [](ModelConfig& c) { c.mid_positions = true; },
       [](Model& m) { m.mid_positions[kBlock](2, 2) = kInfinity; }},
      {Op::norm, plain, [](Model& m) { m.norm->weight[1] = kInfinity; }},
      {Op::pool, [](ModelConfig& c) { c.pool = ModelConfig::Pool::attention; },
       [](Model& m) { m.attention_pool->proj = constant(m.attention_pool->proj, kInfinity); }},
      {Op::head, plain, [](Model& m) { m.head = constant(*m.head, kInfinity); }},
  };
}

std::shared_ptr<const Trace> run(const std::shared_ptr<const Model>& model, Kernel kernel,
                                 Keep keep = Keep::automatic) {
  Settings settings = trained_settings(model->config);
  settings.kernel = kernel;
  settings.threads = 2;
  settings.keep = keep;
  Pool pool(settings.threads);
  Meter meter;
  return forward({model, make_pixels(model->config), settings}, meter, pool);
}

std::shared_ptr<const Model> spoiled(const Case& one) {
  ModelConfig config = small_config();
  one.choose(config);
  const auto model = std::const_pointer_cast<Model>(make_model(config));
  one.spoil(*model);
  return model;
}

TEST(NotFinite, EveryOperatorIsFoundWithItsBlock) {
  for (const Case& one : cases()) {
    const auto model = spoiled(one);
    const int block = is_block_op(one.op) || one.op == Op::mid_position ? kBlock : -1;
    for (const Kernel kernel : {Kernel::eager, Kernel::tiled, Kernel::reference}) {
      for (const Keep keep : {Keep::automatic, Keep::none}) {
        const auto trace = run(model, kernel, keep);
        ASSERT_TRUE(trace->not_finite) << name_of(one.op);
        EXPECT_EQ(id_of(trace->not_finite->op), std::string(id_of(one.op))) << sentence_of(*trace->not_finite);
        EXPECT_EQ(trace->not_finite->block, block) << sentence_of(*trace->not_finite);
        EXPECT_EQ(trace->not_finite->head, one.one_head ? 0 : -1) << sentence_of(*trace->not_finite);
      }
    }
  }
}

TEST(NotFinite, NothingIsSaidOfAFinitePass) {
  EXPECT_FALSE(run(make_model(small_config()), Kernel::tiled)->not_finite);
}

TEST(NotFinite, ANotANumberInThePixelsIsFoundAtThePatches) {
  const auto model = make_model(small_config());
  auto pixels = std::make_shared<Pixels>(*make_pixels(model->config));
  pixels->chw[17] = std::numeric_limits<float>::quiet_NaN();
  Pool pool(1);
  Meter meter;
  const auto trace = forward({model, pixels, trained_settings(model->config)}, meter, pool);
  ASSERT_TRUE(trace->not_finite);
  EXPECT_EQ(sentence_of(*trace->not_finite),
            "NaN appears before the first block, at the operator patches; what comes of it cannot be shown. Weights or "
            "pixels hold such numbers, or are too large for 32 bits.");
}

TEST(NotFinite, TheSentenceNamesBlockOperatorAndHead) {
  EXPECT_EQ(sentence_of({.block = 3, .op = Op::scores, .head = 2, .nan = false}),
            "An infinite number appears in block 3, at the operator q·kᵀ of head 2; what comes of it cannot be shown. "
            "Weights or pixels hold such numbers, or are too large for 32 bits.");
}

std::string answer_of(const char* analysis, int block, const std::shared_ptr<const Trace>& trace) {
  try {
    validate(*analysis_by_id(analysis), Subject(trace), {.analysis = analysis, .block = block});
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(NotFinite, MapsBeforeItAreShownAndMapsBehindItSayWhy) {
  for (const Case& one : cases()) {
    if (one.op != Op::scores && one.op != Op::fc1) continue;
    const auto trace = run(spoiled(one), Kernel::tiled);
    const std::string why = sentence_of(*trace->not_finite);
    EXPECT_EQ(answer_of("heads", 0, trace), "");
    EXPECT_EQ(answer_of("heads", kBlock, trace), one.op == Op::fc1 ? "" : why);  // its attention is there before fc1
    EXPECT_EQ(answer_of("heads", 2, trace), why);
    EXPECT_EQ(answer_of("rollout", 0, trace), why);
  }
}

TEST(NotFinite, TimesAreMeasuredAllTheSame) {
  for (const Case& one : cases()) {
    if (one.op != Op::qkv) continue;
    const auto trace = run(spoiled(one), Kernel::eager);
    EXPECT_GT(trace->timings.blocks[2][static_cast<std::size_t>(Op::fc2)], 0);
  }
}

}  // namespace
}  // namespace vit
