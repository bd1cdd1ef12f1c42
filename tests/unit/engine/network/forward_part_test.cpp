// Passes that begin behind the first block or end before the last one.
#include <string>

#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/maps/attention.h"
#include "tests/unit/engine/network/forward_support.h"

namespace vit {
namespace {

using testing_models::make_model;
using testing_models::make_pixels;
using testing_models::small_config;
using testing_passes::distance;
using testing_passes::expect_same;
using testing_passes::kTolerance;
using testing_passes::run;
using testing_passes::with;

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

}  // namespace
}  // namespace vit
