#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/pool.h"
#include "engine/cost/estimate.h"
#include "engine/network/forward.h"
#include "tests/unit/small_models.h"

namespace vit {
namespace {

using testing::HasSubstr;
using testing_models::make_model;
using testing_models::make_pixels;
using testing_models::small_config;
using testing_models::vit_base;

TEST(Estimate, MultiplyAddsOfVitBaseAreThePublishedOnes) {
  const ModelConfig config = vit_base();
  const TokenGrid grid = token_grid(config, 224, 224);
  const Estimate e = estimate(config, grid, trained_settings(config));
  EXPECT_NEAR(e.macs, 17.564e9, 0.001e9);
}

TEST(Estimate, TheTraceIsAsLargeAsEstimated) {
  const ModelConfig config = small_config();
  const auto model = make_model(config);
  const auto pixels = make_pixels(config);
  for (const Extent& extent : {Extent{}, Extent{.last_maps = 1}, Extent{.class_token_only = true}}) {
    for (Keep keep : {Keep::none, Keep::qk, Keep::maps}) {
      Settings settings = trained_settings(config);
      settings.keep = keep;
      settings.threads = 1;
      Pool pool(1);
      Meter meter;
      const auto trace = forward({model, pixels, settings, extent}, meter, pool);
      std::size_t bytes = trace->output.bytes() + trace->features.bytes();
      for (const auto& block : trace->blocks) {
        bytes += block->input.bytes() + block->q.bytes() + block->k.bytes();
        bytes += map_floats(block->map_heads, trace->grid.tokens(), trace->grid.tokens()) * sizeof(float);
      }
      EXPECT_EQ(estimate(config, trace->grid, settings, extent).trace_bytes, bytes)
          << static_cast<int>(keep) << ", last maps " << extent.last_maps;
    }
  }
}

TEST(Estimate, EagerMaterialisesTheScoresOfABlockAndTiledDoesNot) {
  const ModelConfig config = vit_base();
  const TokenGrid grid = {1, 37, 37};
  Settings settings = trained_settings(config);
  settings.keep = Keep::qk;
  settings.threads = 2;
  settings.kernel = Kernel::eager;
  const auto eager = estimate(config, grid, settings);
  settings.kernel = Kernel::tiled;
  const auto tiled = estimate(config, grid, settings);
  const double scores = 4.0 * 12 * grid.tokens() * grid.tokens();
  EXPECT_GT(eager.workspace_bytes - tiled.workspace_bytes, scores);
  EXPECT_EQ(eager.trace_bytes, tiled.trace_bytes);
}

TEST(Estimate, MapsAreKeptWithinTheBudgetOnly) {
  const ModelConfig config = vit_base();
  Settings settings = trained_settings(config);
  const auto bytes = [&](const TokenGrid& grid, Keep keep) {
    settings.keep = keep;
    return estimate(config, grid, settings).trace_bytes;
  };
  EXPECT_EQ(bytes({1, 14, 14}, Keep::automatic), bytes({1, 14, 14}, Keep::maps));  // 23 MB of maps
  EXPECT_EQ(bytes({1, 37, 37}, Keep::automatic), bytes({1, 37, 37}, Keep::qk));    // 1.08 GB of maps
}

TEST(Estimate, WhatDoesNotFitIsRefusedWithTheFigureAndAWayOut) {
  const Estimate e = {.trace_bytes = 1'500'000'000, .workspace_bytes = 2'000'000'000, .macs = 0};
  EXPECT_NO_THROW(check_memory(e, 4'000'000'000));
  try {
    check_memory(e, 3'000'000'000);
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("3.50 GB"));
    EXPECT_THAT(error.what(), HasSubstr("3.00 GB"));
    EXPECT_THAT(error.what(), HasSubstr("smaller image"));
  }
}

TEST(Estimate, TheSystemTellsHowMuchMemoryThereIs) {
  EXPECT_GT(available_memory(), std::size_t{1} << 24);
}

}  // namespace
}  // namespace vit
