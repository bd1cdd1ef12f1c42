// A stop request ends a pass within the time of a block, and a pass tells how far it is.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/network/forward.h"
#include "tests/unit/small_models.h"

namespace vit {
namespace {

using testing_models::make_model;
using testing_models::make_pixels;
using testing_models::small_config;

ModelConfig ten_blocks() {
  ModelConfig config = small_config();
  config.depth = 10;
  config.grid_height = config.grid_width = 9;
  return config;
}

Settings with(const ModelConfig& config, Kernel kernel, int threads) {
  Settings settings = trained_settings(config);
  settings.kernel = kernel;
  settings.threads = threads;
  return settings;
}

int rows_with_time(const OpTimes& times) {
  return static_cast<int>(std::count_if(times.begin(), times.end(), [](double ms) { return ms > 0; }));
}

TEST(Cancel, NoOperatorBeginsAfterAStopRequest) {
  const ModelConfig config = ten_blocks();
  const auto model = make_model(config);
  const auto pixels = make_pixels(config);
  for (Kernel kernel : {Kernel::eager, Kernel::tiled, Kernel::reference}) {
    for (int threads : {1, 2, 4}) {
      Pool pool(threads);
      for (int stop_at : {1, 5, 9}) {  // 10, 50 and 90 % of the blocks
        std::stop_source stop;
        Meter meter(stop.get_token(), [&](double done) {
          if (done >= stop_at / 10.0 - 1e-9) stop.request_stop();
        });
        EXPECT_THROW(forward({model, pixels, with(config, kernel, threads)}, meter, pool), Cancelled);
        const Timings& t = meter.timings();
        ASSERT_EQ(t.blocks.size(), 10u);
        for (int b = 0; b < 10; ++b) {
          const OpTimes& block = t.blocks[static_cast<std::size_t>(b)];
          const int rows = rows_with_time(block);
          EXPECT_TRUE(b == stop_at || (b < stop_at ? rows > 5 : rows == 0)) << b << ": " << rows;
        }
        // Thread 0 asked at the start of a block; the others cannot get beyond its first two operators without it.
        const OpTimes& last = t.blocks[static_cast<std::size_t>(stop_at)];
        EXPECT_EQ(rows_with_time(last),
                  (last[static_cast<std::size_t>(Op::norm1)] > 0) + (last[static_cast<std::size_t>(Op::qkv)] > 0))
            << id_of(kernel) << ", threads " << threads;
        EXPECT_LE(rows_with_time(t.model), 2);  // no norm, no head
      }
    }
  }
}

TEST(Cancel, AStopInsideABlockReturnsWithinTheTimeOfABlock) {
  ModelConfig config = ten_blocks();
  config.channels = 96;
  config.hidden = 384;
  config.grid_height = config.grid_width = 20;
  const auto model = make_model(config);
  const auto pixels = make_pixels(config);
  using Clock = std::chrono::steady_clock;
  for (Kernel kernel : {Kernel::eager, Kernel::tiled}) {
    const Settings settings = with(config, kernel, 2);
    Pool pool(2);
    double pass_ms = 1e9;
    for (int pass = 0; pass < 5; ++pass) {
      Meter whole;
      forward({model, pixels, settings}, whole, pool);
      pass_ms = std::min(pass_ms, whole.timings().wall_ms);
    }
    for (double share : {0.1, 0.5, 0.9}) {
      double best_ms = 1e9;  // of a few tries: the scheduler may come between
      for (int attempt = 0; attempt < 20 && best_ms > pass_ms / config.depth; ++attempt) {
        std::stop_source stop;
        Clock::time_point requested;
        std::thread asker([&] {
          std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(pass_ms * share));
          requested = Clock::now();
          stop.request_stop();
        });
        bool cancelled = false;
        Meter meter(stop.get_token());
        try {
          forward({model, pixels, settings}, meter, pool);
        } catch (const Cancelled&) {
          cancelled = true;
        }
        const auto returned = Clock::now();
        asker.join();
        if (cancelled) {
          best_ms = std::min(best_ms, std::chrono::duration<double, std::milli>(returned - requested).count());
        }
      }
      EXPECT_LE(best_ms, pass_ms / config.depth) << id_of(kernel) << " at " << share << " of " << pass_ms << " ms";
    }
  }
}

TEST(Cancel, ThePoolAndTheNextPassAreUnharmed) {
  const ModelConfig config = ten_blocks();
  const auto model = make_model(config);
  const auto pixels = make_pixels(config);
  Pool pool(3);
  const Settings settings = with(config, Kernel::tiled, 3);
  Meter first;
  const auto expected = forward({model, pixels, settings}, first, pool);
  std::stop_source stop;
  Meter stopped(stop.get_token(), [&](double done) {
    if (done > 0.3) stop.request_stop();
  });
  EXPECT_THROW(forward({model, pixels, settings}, stopped, pool), Cancelled);
  Meter again;
  EXPECT_EQ(forward({model, pixels, settings}, again, pool)->logits, expected->logits);
}

TEST(Cancel, ProgressGrowsFromZeroToOne) {
  const ModelConfig config = ten_blocks();
  const auto model = make_model(config);
  for (Kernel kernel : {Kernel::eager, Kernel::tiled, Kernel::reference}) {
    std::vector<double> heard;
    Pool pool(2);
    Meter meter({}, [&](double done) { heard.push_back(done); });
    forward({model, make_pixels(config), with(config, kernel, 2)}, meter, pool);
    ASSERT_EQ(heard.size(), 11u);
    EXPECT_EQ(heard.front(), 0.0);
    EXPECT_EQ(heard.back(), 1.0);
    EXPECT_TRUE(std::is_sorted(heard.begin(), heard.end()));
  }
}

}  // namespace
}  // namespace vit
