// Every way through a network, with any number of threads, computes the same.
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/maps/attention.h"
#include "engine/network/pass.h"
#include "engine/network/relative_bias.h"
#include "tests/unit/engine/network/forward_support.h"

namespace vit {
namespace {

using testing_models::long_sequence;
using testing_models::make_model;
using testing_models::make_pixels;
using testing_models::small_config;
using testing_passes::distance;
using testing_passes::expect_same;
using testing_passes::run;
using testing_passes::with;

void expect_all_paths_agree(const ModelConfig& config, const std::function<void(Settings&)>& change = {}, int rows = 0,
                            int cols = 0) {
  const auto model = make_model(config);
  const auto pixels = make_pixels(config, rows, cols);
  for (int heads : divisors(config.channels)) {
    Settings settings = with(config, Kernel::reference, 1, heads);
    if (change) change(settings);
    const auto expected = run(model, pixels, settings);
    for (Kernel kernel : {Kernel::eager, Kernel::tiled}) {
      for (int threads : {1, 2, 3, 4}) {
        settings.kernel = kernel;
        settings.threads = threads;
        const auto trace = run(model, pixels, settings);
        expect_same(
            *trace, *expected,
            std::string(id_of(kernel)) + ", heads " + std::to_string(heads) + ", threads " + std::to_string(threads));
      }
    }
  }
}

TEST(Forward, AllPathsAgreeForEveryHeadCountAndThreads) {
  expect_all_paths_agree(small_config());
}

TEST(Forward, AllPathsAgreeWithBothDropouts) {
  expect_all_paths_agree(small_config(), [](Settings& settings) {
    settings.training = true;
    settings.attn_drop = 0.3f;
    settings.proj_drop = 0.2f;
    settings.seed = 42;
  });
}

TEST(Forward, AllPathsAgreeWithoutQkvBias) {
  expect_all_paths_agree(small_config(), [](Settings& settings) { settings.qkv_bias = false; });
}

/// Every other head of the first block, the last head of the last one.
void switch_some_off(Settings& settings) {
  for (int head = 0; head < settings.heads(0); head += 2) settings.switch_head(0, head, true);
  settings.switch_head(settings.depth() - 1, settings.heads(settings.depth() - 1) - 1, true);
}

TEST(Forward, AllPathsAgreeWithHeadsOff) {
  expect_all_paths_agree(small_config(), switch_some_off);
  ModelConfig normed = small_config();
  normed.attn_norm = true;
  expect_all_paths_agree(normed, [](Settings& settings) {
    switch_some_off(settings);
    settings.training = true;
    settings.attn_drop = 0.3f;
  });
}

TEST(Forward, AHeadThatIsOffStillHasItsMap) {
  const ModelConfig config = small_config();
  const auto model = make_model(config);
  const auto pixels = make_pixels(config);
  for (Kernel kernel : choice_values<Kernel>()) {
    for (Keep keep : {Keep::qk, Keep::maps}) {
      Settings settings = with(config, kernel, 2);
      settings.keep = keep;
      const auto on = run(model, pixels, settings);
      settings.switch_head(0, 1, true);
      const auto off = run(model, pixels, settings);
      for (int head = 0; head < config.num_heads; ++head)
        EXPECT_EQ(distance(attention_head(*off, 0, head), attention_head(*on, 0, head)), 0.0) << id_of(kernel);
      EXPECT_GT(distance(off->hidden(0), on->hidden(0)), 1e-3) << id_of(kernel);
    }
  }
}

TEST(Forward, AllPathsAgreeForDistilledSwigluLayerScaleAndNormPre) {
  ModelConfig config = small_config();
  config.channels = 12;
  config.num_heads = 3;
  config.distillation_token = true;
  config.registers = 2;
  config.swiglu = true;
  config.layer_scale = true;
  config.norm_pre = true;
  config.patch_bias = false;
  expect_all_paths_agree(config, [](Settings& settings) {
    settings.training = true;
    settings.proj_drop = 0.25f;
  });
}

TEST(Forward, AllPathsAgreeForMeanPoolingWithoutPrefixAndForQuickGelu) {
  ModelConfig config = small_config();
  config.channels = 10;
  config.num_heads = 2;
  config.class_token = false;
  config.qkv_bias = false;
  config.pool = ModelConfig::Pool::mean_patches;
  config.final_norm = false;
  config.fc_norm = true;
  config.activation = Activation::quick_gelu;
  expect_all_paths_agree(config);
}

TEST(Forward, AllPathsAgreeForRelativePositions) {
  using Bias = ModelConfig::RelativeBias;
  for (const Bias bias : {Bias::of_each_block, Bias::shared}) {
    ModelConfig config = small_config();
    config.position.learned = false;
    config.relative_bias = bias;
    expect_all_paths_agree(config);
    expect_all_paths_agree(config, {}, 3, 7);  // resampled
  }
}

TEST(Forward, RelativePositionsMoveWithTheHeadCount) {
  ModelConfig config = small_config();
  config.relative_bias = ModelConfig::RelativeBias::of_each_block;
  const auto model = make_model(config);
  const TokenGrid grid = {1, config.grid_height, config.grid_width};
  std::vector<float> trained(26, 0.f), split(26, 0.f), joined(26, 0.f), next(26, 0.f);
  RelativeBias(*model, grid, 1, 4).add(2, 9, nullptr, 1.f, trained.data());
  RelativeBias(*model, grid, 1, 4).add(3, 9, nullptr, 1.f, next.data());
  RelativeBias(*model, grid, 1, 8).add(5, 9, nullptr, 1.f, split.data());
  RelativeBias(*model, grid, 1, 2).add(1, 9, nullptr, 1.f, joined.data());
  EXPECT_EQ(trained, split);  // half of a trained head
  for (std::size_t i = 0; i < joined.size(); ++i) EXPECT_FLOAT_EQ(joined[i], (trained[i] + next[i]) / 2) << i;
}

TEST(Forward, AllPathsAgreeForNormsOfPatchesAndAnAttentionPool) {
  ModelConfig config = small_config();
  config.patch_norm = true;
  config.embed_norm = true;
  config.pool = ModelConfig::Pool::attention;
  for (const int hidden : {0, 20}) {
    config.pool_hidden = hidden;
    expect_all_paths_agree(config);
    config.class_token = false;
    config.classes = 0;
    expect_all_paths_agree(config);
  }
}

TEST(Forward, AllPathsAgreeForPositionsBetweenBlocksAndPaddedPatches) {
  ModelConfig config = small_config();
  config.detection_tokens = 3;
  config.more_class_tokens = 1;
  config.mid_positions = true;
  config.patch_pad = 1;
  expect_all_paths_agree(config);
  expect_all_paths_agree(config, {}, 3, 7);  // resampled
}

TEST(Forward, AllPathsAgreeForRotaryPositionsOfEveryKind) {
  using Rotary = PositionRule::Rotary;
  using Place = PositionRule::Place;
  ModelConfig config = small_config();
  config.channels = 16;
  config.num_heads = 2;
  for (const Rotary rotary : {Rotary::halves, Rotary::pairs}) {
    for (const Place place : {Place::centred, Place::scaled, Place::counted}) {
      config.position = {.learned = false,
                         .rotary = rotary,
                         .rope_place = place,
                         .rope_offset = 1,
                         .rope_columns_first = true,
                         .turns_class = rotary == Rotary::halves,
                         .learned_speeds = rotary == Rotary::pairs};
      expect_all_paths_agree(config);
      expect_all_paths_agree(config, {}, 3, 7);
    }
  }
}

TEST(Forward, PatchesThatReachBeyondThePictureReadZeros) {
  Pixels pixels;
  pixels.width = pixels.height = 4;
  for (int i = 0; i < 16; ++i) pixels.chw.push_back(static_cast<float>(i + 1));
  Matrix patches(4, 4);
  gather_patches(pixels, 2, 1, {0, 4}, patches.span());
  const std::vector<std::vector<float>> expected = {{0, 0, 0, 1}, {0, 0, 2, 3}, {0, 5, 0, 9}, {6, 7, 10, 11}};
  for (int p = 0; p < 4; ++p)
    for (int i = 0; i < 4; ++i) EXPECT_EQ(patches(p, i), expected[std::size_t(p)][std::size_t(i)]) << p << ' ' << i;
}

TEST(Forward, MoreThreadsThanTokensIsFine) {
  ModelConfig config = small_config();
  config.grid_height = config.grid_width = 1;
  const auto model = make_model(config);
  const auto pixels = make_pixels(config);
  expect_same(*run(model, pixels, with(config, Kernel::tiled, 4)), *run(model, pixels, with(config, Kernel::reference)),
              "two tokens");
}

TEST(Forward, ThreadsDoNotChangeASingleBit) {
  const ModelConfig config = small_config();
  const auto model = make_model(config);
  const auto pixels = make_pixels(config);
  const auto one = run(model, pixels, with(config, Kernel::tiled, 1));
  const auto three = run(model, pixels, with(config, Kernel::tiled, 3));
  for (int t = 0; t < one->output.rows(); ++t)
    for (int c = 0; c < one->output.cols(); ++c) ASSERT_EQ(one->output(t, c), three->output(t, c)) << t << ' ' << c;
}

TEST(Forward, WhatIsKeptChangesNoNumber) {
  const ModelConfig config = small_config();
  const auto model = make_model(config);
  const auto pixels = make_pixels(config);
  for (Kernel kernel : {Kernel::tiled, Kernel::eager, Kernel::reference}) {
    Settings settings = with(config, kernel, 2);
    settings.keep = Keep::maps;
    const auto maps = run(model, pixels, settings);
    for (Keep keep : {Keep::none, Keep::qk, Keep::automatic}) {
      settings.keep = keep;
      const auto trace = run(model, pixels, settings);
      EXPECT_EQ(distance(trace->output, maps->output), 0.0) << id_of(kernel);
      EXPECT_EQ(trace->blocks.size(), keep == Keep::none ? 0u : 3u);
      EXPECT_EQ(trace->logits, maps->logits) << id_of(kernel);
    }
  }
}

TEST(Forward, BlocksOfKeysAgreeWithWholeRows) {
  const ModelConfig config = long_sequence();
  const auto model = make_model(config);
  const auto pixels = make_pixels(config);
  Settings settings = with(config, Kernel::tiled, 2);
  settings.scale_head(1, 1, 0.f);
  settings.scale_head(1, 2, 0.5f);
  settings.keep = Keep::qk;
  ASSERT_FALSE(whole_rows(config, settings, 1090));
  const auto blocks = run(model, pixels, settings);
  settings.keep = Keep::maps;
  ASSERT_TRUE(whole_rows(config, settings, 1090));
  const auto rows = run(model, pixels, settings);
  EXPECT_GT(distance(blocks->output, rows->output), 0.0) << "both went the same way";
  EXPECT_LT(distance(blocks->output, rows->output), 1e-5);
  settings.keep = Keep::qk;
  settings.kernel = Kernel::eager;
  EXPECT_LT(distance(blocks->output, run(model, pixels, settings)->output), 1e-5);
}

TEST(Forward, BlocksOfKeysGiveTheSameBitsOnAnyNumberOfThreadsAndWhateverIsKept) {
  const ModelConfig config = long_sequence();
  const auto model = make_model(config);
  const auto pixels = make_pixels(config);
  for (const Precision precision : {Precision::exact, Precision::bf16}) {
    if (precision == Precision::bf16 && !has_bf16(Kernel::tiled)) continue;
    Settings settings = with(config, Kernel::tiled, 1);
    settings.keep = Keep::qk;
    settings.precision = precision;
    const auto first = run(model, pixels, settings);
    for (const auto& [threads, keep] : {std::pair(2, Keep::none), std::pair(5, Keep::automatic)}) {
      settings.threads = threads;
      settings.keep = keep;
      EXPECT_EQ(distance(run(model, pixels, settings)->output, first->output), 0.0) << threads;
    }
    const auto shorter = run(model, pixels, settings, nullptr, {.class_token_only = true});
    for (int c = 0; c < config.channels; ++c) EXPECT_EQ(shorter->output(0, c), first->output(0, c));
  }
}

TEST(Forward, NoPassRestartsFromOneThatWentAnotherWay) {
  const ModelConfig config = long_sequence();
  const auto model = make_model(config);
  const auto pixels = make_pixels(config);
  Settings settings = with(config, Kernel::tiled, 2);
  const auto blocks = run(model, pixels, settings);
  settings.blocks[1].heads = 2;
  ASSERT_TRUE(whole_rows(config, settings, 1090));
  const auto again = run(model, pixels, settings, blocks.get());
  EXPECT_EQ(again->timings.first_block, 0);
  EXPECT_EQ(distance(again->output, run(model, pixels, settings)->output), 0.0);
}

}  // namespace
}  // namespace vit
