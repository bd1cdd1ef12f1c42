#include "engine/network/forward.h"
#include "engine/network/pass.h"
#include "engine/network/relative_bias.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/maps/attention.h"
#include "tests/unit/small_models.h"

namespace vit {
namespace {

using testing_models::long_sequence;
using testing_models::make_model;
using testing_models::make_pixels;
using testing_models::small_config;

constexpr double kTolerance = 1e-5;  // relative Frobenius distance between paths

double distance(const Matrix& a, const Matrix& b) {
  double difference = 0, size = 0;
  for (int r = 0; r < b.rows(); ++r) {
    for (int c = 0; c < b.cols(); ++c) {
      difference += (double(a(r, c)) - b(r, c)) * (double(a(r, c)) - b(r, c));
      size += double(b(r, c)) * b(r, c);
    }
  }
  return std::sqrt(difference / size);
}

std::shared_ptr<const Trace> run(const std::shared_ptr<const Model>& model, const std::shared_ptr<const Pixels>& pixels,
                                 const Settings& settings, const Trace* previous = nullptr, const Extent& extent = {}) {
  Pool pool(settings.threads);
  Meter meter;
  return forward({model, pixels, settings, extent}, meter, pool, previous);
}

Settings with(const ModelConfig& config, Kernel kernel, int threads = 1, int heads = 0) {
  Settings settings = trained_settings(config);
  settings.kernel = kernel;
  settings.threads = threads;
  if (heads > 0) settings.set_heads(heads);
  return settings;
}

void expect_same(const Trace& a, const Trace& b, const std::string& what) {
  for (int block = 0; block < a.model->config.depth; ++block) {
    EXPECT_LE(distance(a.hidden(block), b.hidden(block)), kTolerance) << what << ", block " << block;
  }
  EXPECT_LE(distance(a.features, b.features), kTolerance) << what;
  ASSERT_EQ(a.pooled.size(), b.pooled.size());
  for (std::size_t c = 0; c < a.pooled.size(); ++c) EXPECT_NEAR(a.pooled[c], b.pooled[c], 2e-5) << what << ' ' << c;
  ASSERT_EQ(a.logits.size(), b.logits.size());
  for (std::size_t k = 0; k < a.logits.size(); ++k) EXPECT_NEAR(a.logits[k], b.logits[k], 2e-5) << what << ' ' << k;
}

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

TEST(Forward, APassAfterAnotherOfOtherSizesGivesTheSameNumbers) {
  ModelConfig large = small_config();
  large.channels = 36;
  large.hidden = 64;
  large.grid_height = 7;
  const auto small = make_model(small_config());
  const auto other = make_model(large);
  const auto pixels = make_pixels(small_config());
  Settings settings = with(small_config(), Kernel::eager);
  const auto first = run(small, pixels, settings);
  Settings many = with(large, Kernel::eager, 2, 36);
  run(other, make_pixels(large), many);
  settings.set_heads({24, 1, 4});  // room for the largest block is made, whatever comes after it
  run(small, pixels, settings);
  settings = with(small_config(), Kernel::eager);
  const auto again = run(small, pixels, settings);
  EXPECT_EQ(distance(again->output, first->output), 0.0);
}

TEST(Forward, ARestartEqualsAFullPassAndSharesTheEarlierBlocks) {
  const ModelConfig config = small_config();
  const auto model = make_model(config);
  const auto pixels = make_pixels(config);
  for (Kernel kernel : {Kernel::eager, Kernel::tiled, Kernel::reference}) {
    const Settings before = with(config, kernel, 2);
    const auto previous = run(model, pixels, before);
    for (int block = 0; block < config.depth; ++block) {
      Settings after = before;
      after.set_heads(6, block);
      const auto full = run(model, pixels, after);
      const auto restarted = run(model, pixels, after, previous.get());
      expect_same(*restarted, *full, "restart at " + std::to_string(block));
      EXPECT_EQ(restarted->timings.first_block, block);
      for (int b = 0; b < config.depth; ++b) {
        const auto index = static_cast<std::size_t>(b);
        EXPECT_EQ(restarted->blocks[index] == previous->blocks[index], b < block) << b;
        double ms = 0;
        for (double row : restarted->timings.blocks[index]) ms += row;
        EXPECT_EQ(ms > 0, b >= block) << b;
      }
    }
    for (int block = 0; block < config.depth; ++block) {
      Settings after = before;
      after.switch_head(block, 2, true);
      const auto restarted = run(model, pixels, after, previous.get());
      expect_same(*restarted, *run(model, pixels, after), "a head off in block " + std::to_string(block));
      EXPECT_EQ(restarted->timings.first_block, block);
    }
    const auto same = run(model, pixels, before, previous.get());
    expect_same(*same, *previous, "nothing changed");
    EXPECT_EQ(same->timings.first_block, config.depth);
  }
}

TEST(Forward, ATraceOfAnotherImageIsNoStart) {
  const ModelConfig config = small_config();
  const auto model = make_model(config);
  const auto previous = run(model, make_pixels(config), with(config, Kernel::tiled));
  const auto pixels = make_pixels(config, 0, 0, 77);
  const auto trace = run(model, pixels, with(config, Kernel::tiled), previous.get());
  EXPECT_EQ(trace->timings.first_block, 0);
  EXPECT_EQ(distance(trace->output, run(model, pixels, with(config, Kernel::tiled))->output), 0.0);
}

TEST(Forward, RowsAndWaitingAddUpToTheWallTime) {
  ModelConfig config = small_config();
  config.channels = 96;
  config.hidden = 384;
  config.grid_height = config.grid_width = 14;
  const auto model = make_model(config);
  const auto pixels = make_pixels(config);
  for (Kernel kernel : {Kernel::eager, Kernel::tiled}) {
    for (int threads : {1, 2}) {
      Pool pool(threads);
      double covered = 0;  // best of a few passes: others may be interrupted
      for (int pass = 0; pass < 6; ++pass) {
        Meter meter;
        const auto trace = forward({model, pixels, with(config, kernel, threads)}, meter, pool);
        const Timings& t = trace->timings;
        EXPECT_GT(t.rows_ms(), 0);
        EXPECT_LE(t.rows_ms(), t.wall_ms * 1.0001) << id_of(kernel);
        EXPECT_NEAR(t.rows_ms() + t.waiting_ms(), t.wall_ms, 0.02 * t.wall_ms);
        covered = std::max(covered, t.rows_ms() / t.wall_ms);
      }
      if (threads == 1) {
        EXPECT_GE(covered, 0.9) << id_of(kernel);
      }
    }
  }
}

TEST(Forward, EagerTimesEveryOperatorOfTheNoteAndTiledFusesSplitScaleAndMerge) {
  const ModelConfig config = small_config();
  const auto model = make_model(config);
  const auto pixels = make_pixels(config);
  const auto has_time = [](const Trace& trace, Op op) {
    return trace.timings.blocks[1][static_cast<std::size_t>(op)] > 0;
  };
  const auto eager = run(model, pixels, with(config, Kernel::eager));
  const auto tiled = run(model, pixels, with(config, Kernel::tiled));
  for (Op op : {Op::norm1, Op::qkv, Op::scores, Op::softmax, Op::attn_v, Op::proj, Op::norm2, Op::fc1, Op::fc2}) {
    EXPECT_TRUE(has_time(*eager, op)) << id_of(op);
    EXPECT_TRUE(has_time(*tiled, op)) << id_of(op);
  }
  for (Op op : {Op::split, Op::scale, Op::merge}) {
    EXPECT_TRUE(has_time(*eager, op)) << id_of(op);
    EXPECT_FALSE(has_time(*tiled, op)) << id_of(op);
  }
  for (Op op : {Op::attn_drop, Op::proj_drop, Op::gelu, Op::residual1}) {
    EXPECT_FALSE(has_time(*eager, op)) << id_of(op);
  }
}

TEST(Forward, TheClassTokenAloneThroughTheLastBlockIsTheSameToTheLastBit) {
  ModelConfig config = small_config();
  config.registers = 2;
  config.distillation_token = true;
  const auto model = make_model(config);
  const auto pixels = make_pixels(config);
  Extent extent;
  extent.class_token_only = true;
  for (Kernel kernel : {Kernel::eager, Kernel::tiled}) {
    for (int threads : {1, 2, 3, 5}) {
      for (Keep keep : {Keep::none, Keep::qk, Keep::maps}) {
        Settings settings = with(config, kernel, threads);
        settings.training = true;
        settings.attn_drop = settings.proj_drop = 0.2f;
        settings.keep = keep;
        const auto whole = run(model, pixels, settings);
        const auto shorter = run(model, pixels, settings, nullptr, extent);
        const std::string what = std::string(id_of(kernel)) + ", threads " + std::to_string(threads);
        ASSERT_EQ(shorter->output.rows(), config.prefix_tokens());
        ASSERT_EQ(shorter->features.rows(), config.prefix_tokens());
        for (int t = 0; t < config.prefix_tokens(); ++t) {
          for (int c = 0; c < config.channels; ++c) {
            ASSERT_EQ(shorter->output(t, c), whole->output(t, c)) << what << ", token " << t;
            ASSERT_EQ(shorter->features(t, c), whole->features(t, c)) << what << ", token " << t;
          }
        }
        EXPECT_EQ(shorter->logits, whole->logits) << what;
        if (keep != Keep::qk) continue;
        for (int block = 0; block < config.depth; ++block) {  // patches can still be asked where they look
          EXPECT_EQ(attention_row(*shorter, block, 1, 20), attention_row(*whole, block, 1, 20)) << what;
        }
        const auto after = run(model, pixels, settings, shorter.get());  // no start for another pass
        EXPECT_EQ(after->timings.first_block, 0);
        EXPECT_EQ(after->output.rows(), after->grid.tokens());
      }
    }
  }
}

TEST(Forward, TheClassTokenAloneIsTheSameInTheReferenceKernel) {
  const ModelConfig config = small_config();
  const auto model = make_model(config);
  const auto pixels = make_pixels(config);
  const Settings settings = with(config, Kernel::reference);
  const auto whole = run(model, pixels, settings);
  const auto shorter = run(model, pixels, settings, nullptr, {.class_token_only = true});
  ASSERT_EQ(shorter->features.rows(), 1);
  for (int c = 0; c < config.channels; ++c) EXPECT_NEAR(shorter->features(0, c), whole->features(0, c), 1e-5);
  for (std::size_t k = 0; k < whole->logits.size(); ++k) EXPECT_NEAR(shorter->logits[k], whole->logits[k], 1e-5);
}

TEST(Forward, APassThatEndsWithABlocksMapsHasThemAndNoMore) {
  const ModelConfig config = small_config();
  const auto model = make_model(config);
  const auto pixels = make_pixels(config);
  for (Kernel kernel : {Kernel::eager, Kernel::tiled, Kernel::reference}) {
    const Settings settings = with(config, kernel, 2);
    const auto whole = run(model, pixels, settings);
    for (int last = 0; last < config.depth; ++last) {
      Extent extent;
      extent.last_maps = last;
      const auto trace = run(model, pixels, settings, nullptr, extent);
      ASSERT_EQ(trace->blocks.size(), static_cast<std::size_t>(last) + 1);
      for (int block = 0; block <= last; ++block) {
        for (int head = 0; head < config.num_heads; ++head) {
          EXPECT_LE(distance(attention_head(*trace, block, head), attention_head(*whole, block, head)), kTolerance);
        }
      }
      EXPECT_EQ(trace->output.rows(), 0);
      EXPECT_TRUE(trace->logits.empty());
      if (kernel == Kernel::reference) continue;  // it runs the whole block and keeps less of it
      EXPECT_EQ(trace->timings.blocks[static_cast<std::size_t>(last)][static_cast<std::size_t>(Op::proj)], 0);
    }
  }
}

TEST(Forward, ExtentsThatANetworkCannotHaveAreRefused) {
  ModelConfig config = small_config();
  const auto refused = [&](const Extent& extent) {
    EXPECT_THROW(run(make_model(config), make_pixels(config), with(config, Kernel::tiled), nullptr, extent), Error);
  };
  refused({.last_maps = config.depth});
  config.pool = ModelConfig::Pool::mean_patches;
  refused({.class_token_only = true});
  config.classes = 0;
  run(make_model(config), make_pixels(config), with(config, Kernel::tiled), nullptr, {.class_token_only = true});
  config.class_token = false;
  refused({.class_token_only = true});
}

TEST(Forward, SettingsThatCannotRunAreRefused) {
  const ModelConfig config = small_config();
  const auto model = make_model(config);
  EXPECT_THROW(run(model, make_pixels(config), with(config, Kernel::tiled, 1, 5)), Error);
  auto pixels = std::make_shared<Pixels>(*make_pixels(config));
  pixels->width -= 1;
  EXPECT_THROW(run(model, pixels, with(config, Kernel::tiled)), Error);
}

TEST(Forward, AFamilyThatRunsAtItsOwnSizeOnlySaysSo) {
  ModelConfig config = small_config();
  config.position.resampled = false;
  EXPECT_EQ(token_grid(config, 20, 20).tokens(), 26);
  try {
    token_grid(config, 24, 20);
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("20×20"), std::string::npos) << error.what();
  }
}

TEST(Forward, TheBlocksThatAreDoneAreHeardOfWhileThePassGoesOn) {
  ModelConfig config = small_config();
  config.depth = 6;
  const auto model = make_model(config);
  const auto pixels = make_pixels(config, 5, 5);
  for (const Kernel kernel : {Kernel::eager, Kernel::tiled, Kernel::reference})
    for (const Keep keep : {Keep::qk, Keep::maps})
      for (int threads = 1; threads <= 3; ++threads) {
        SCOPED_TRACE(testing::Message() << choice_of(kernel).name << ", " << threads << " threads");
        Settings settings = with(config, kernel, threads);
        settings.keep = keep;
        Pool pool(threads);
        Meter meter;
        std::vector<std::vector<Matrix>> heard;  // of each part, what the last query looks at in each block
        meter.on_growth([&](const std::shared_ptr<const Trace>& part) {
          ASSERT_EQ(part->extent.last_maps + 1, static_cast<int>(part->blocks.size()));
          std::vector<Matrix>& rows = heard.emplace_back();
          for (int block = 0; block <= part->extent.last_maps; ++block)
            rows.push_back(attention_rows(*part, block, 25));
        });
        const auto whole = forward({model, pixels, settings}, meter, pool);
        ASSERT_EQ(heard.size(), 4u);
        for (std::size_t part = 0; part < heard.size(); ++part) {
          ASSERT_EQ(heard[part].size(), part + 1);
          for (int block = 0; block <= static_cast<int>(part); ++block) {
            const Matrix rows = attention_rows(*whole, block, 25);
            for (int head = 0; head < rows.rows(); ++head)
              for (int t = 0; t < rows.cols(); ++t)
                ASSERT_EQ(heard[part][static_cast<std::size_t>(block)](head, t), rows(head, t))
                    << "part " << part << ", block " << block;
          }
        }
      }
}

TEST(Threads, AreAsManyAsTheWorkIsWorth) {
  EXPECT_EQ(threads_worth_while(small_config(), 26), 1);
  EXPECT_GE(threads_worth_while(testing_models::vit_base(), 197), 64);
  const auto model = make_model(small_config());
  Pool pool(2);
  PassInput input = {model, make_pixels(model->config), with(model->config, Kernel::tiled, 2)};
  Meter meter;
  EXPECT_EQ(forward(input, meter, pool)->timings.threads, 2);
  input.most_threads = 1;
  EXPECT_EQ(forward(input, meter, pool)->timings.threads, 1);
}

}  // namespace
}  // namespace vit
