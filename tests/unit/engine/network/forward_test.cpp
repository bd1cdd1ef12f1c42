#include "engine/network/forward.h"

#include <algorithm>
#include <string>
#include <vector>

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
using testing_passes::run;
using testing_passes::with;

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
