// Passes whose products round their factors to bf16. The naive kernel rounds at the same places, and runs everywhere.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/maps/attention.h"
#include "engine/maps/precision_comparison.h"
#include "engine/network/backward.h"
#include "engine/network/forward.h"
#include "tests/unit/small_models.h"

namespace vit {
namespace {

using testing_models::make_model;
using testing_models::make_pixels;
using testing_models::small_config;

constexpr Rounded kNone = {false, false, false, false, false, false, false};
constexpr Rounded kAll = {true, true, true, true, true, true, true};

struct Product {
  const char* name;
  bool Rounded::*of;
};
constexpr Product kProducts[] = {{"patch_embed", &Rounded::patch_embed},
                                 {"qkv", &Rounded::qkv},
                                 {"scores", &Rounded::scores},
                                 {"attn_v", &Rounded::attn_v},
                                 {"proj", &Rounded::proj},
                                 {"fc1", &Rounded::fc1},
                                 {"fc2", &Rounded::fc2}};

class Bf16Pass : public testing::Test {
 protected:
  std::shared_ptr<const Trace> run(const std::shared_ptr<const Model>& model, Kernel kernel, const Rounded* rounded,
                                   Keep keep = Keep::maps, int threads = 2) {
    Settings settings = trained_settings(model->config);
    settings.kernel = kernel;
    settings.keep = keep;
    settings.threads = threads;
    if (rounded != nullptr) {
      settings.precision = Precision::bf16;
      settings.bf16 = *rounded;
    }
    Meter meter;
    return forward({model, make_pixels(model->config), settings}, meter, pool_);
  }

  /// The root of the sum of squared differences of all features.
  static double distance(const Trace& a, const Trace& b) {
    double sum = 0;
    for (int t = 0; t < a.features.rows(); ++t) {
      for (int c = 0; c < a.features.cols(); ++c)
        sum += std::pow(static_cast<double>(a.features(t, c)) - b.features(t, c), 2);
    }
    return std::sqrt(sum);
  }

  static ModelConfig large() {
    ModelConfig config = small_config();
    config.channels = 90;
    config.num_heads = 6;  // heads of 15 channels: odd
    config.hidden = 130;
    config.grid_height = 6;
    config.grid_width = 8;
    return config;
  }

  Pool pool_{3};
};

/// A place that rounds too much, too little or elsewhere would make about as much of a difference as the rounding
/// itself does.
void expect_the_naive_rounding(double away, double moved, const char* what, Kernel kernel) {
  EXPECT_GT(moved, 0) << what << ": nothing is rounded";
  EXPECT_LT(away, 0.15 * moved) << what << ", " << id_of(kernel);
}

TEST_F(Bf16Pass, RoundsWhereTheNaiveKernelDoes) {
  if (!has_bf16(Kernel::tiled)) GTEST_SKIP() << "this processor has no products of bf16 numbers";
  for (const ModelConfig& config : {small_config(), large()}) {
    const auto model = make_model(config);
    const auto exact = run(model, Kernel::reference, nullptr);
    for (const Product& product : kProducts) {
      Rounded one = kNone;
      one.*product.of = true;
      const auto naive = run(model, Kernel::reference, &one);
      for (const Kernel kernel : {Kernel::tiled, Kernel::eager}) {
        const auto trace = run(model, kernel, &one);
        expect_the_naive_rounding(distance(*trace, *naive), distance(*naive, *exact), product.name, kernel);
      }
    }
    const auto naive = run(model, Kernel::reference, &kAll);
    for (const Kernel kernel : {Kernel::tiled, Kernel::eager})
      expect_the_naive_rounding(distance(*run(model, kernel, &kAll), *naive), distance(*naive, *exact), "all", kernel);
  }
}

TEST_F(Bf16Pass, KnowsEveryKindOfBlock) {
  if (!has_bf16(Kernel::tiled)) GTEST_SKIP() << "this processor has no products of bf16 numbers";
  ModelConfig biased = small_config(), gated = small_config(), rotary = small_config(), parallel = small_config(),
              normed = small_config(), behind = small_config(), odd = small_config();
  biased.relative_bias = ModelConfig::RelativeBias::of_each_block;
  gated.swiglu = true;
  gated.layer_scale = true;
  rotary.position.rotary = PositionRule::Rotary::halves;
  rotary.num_heads = 3;  // of 8 channels
  parallel.order = ModelConfig::Order::parallel;
  normed.mlp_norm = true;
  behind.order = ModelConfig::Order::post_norm;
  odd.hidden = 131;
  odd.activation = Activation::quick_gelu;
  for (const ModelConfig& config : {biased, gated, rotary, parallel, normed, behind, odd}) {
    const auto model = make_model(config);
    const auto exact = run(model, Kernel::reference, nullptr), naive = run(model, Kernel::reference, &kAll);
    for (const Kernel kernel : {Kernel::tiled, Kernel::eager})
      expect_the_naive_rounding(distance(*run(model, kernel, &kAll), *naive), distance(*naive, *exact), "all", kernel);
  }
}

TEST_F(Bf16Pass, RoundsBlocksOfKeysAsMuchAsWholeRows) {
  if (!has_bf16(Kernel::tiled)) GTEST_SKIP() << "this processor has no products of bf16 numbers";
  const auto model = make_model(testing_models::long_sequence());
  const auto exact = run(model, Kernel::tiled, nullptr, Keep::qk);
  const double blocks = distance(*run(model, Kernel::tiled, &kAll, Keep::qk), *exact);
  const double rows = distance(*run(model, Kernel::eager, &kAll, Keep::qk), *exact);
  EXPECT_GT(blocks, 0.8 * rows);
  EXPECT_LT(blocks, 1.25 * rows);
}

TEST_F(Bf16Pass, GivesTheSameBitsWithAnyNumberOfThreads) {
  if (!has_bf16(Kernel::tiled)) GTEST_SKIP() << "this processor has no products of bf16 numbers";
  const auto model = make_model(large());
  for (const Kernel kernel : {Kernel::tiled, Kernel::eager}) {
    const auto one = run(model, kernel, &kAll, Keep::maps, 1);
    for (const int threads : {2, 3}) {
      const auto more = run(model, kernel, &kAll, Keep::maps, threads);
      for (int t = 0; t < one->features.rows(); ++t) {
        ASSERT_EQ(std::memcmp(one->features.row(t), more->features.row(t), sizeof(float) * one->features.cols()), 0)
            << id_of(kernel) << ", " << threads << " threads, token " << t;
      }
    }
  }
}

TEST_F(Bf16Pass, MapsThatAreNotKeptAreComputedFromWhatTheScoresSaw) {
  for (const Kernel kernel : {Kernel::tiled, Kernel::reference}) {
    if (!has_bf16(kernel)) continue;
    const auto model = make_model(large());
    const auto kept = run(model, kernel, &kAll, Keep::maps), computed = run(model, kernel, &kAll, Keep::qk);
    const auto exact = run(model, kernel, nullptr, Keep::maps);
    double away = 0, moved = 0;
    for (int block = 0; block < model->config.depth; ++block) {
      for (int head = 0; head < model->config.num_heads; ++head) {
        const Matrix mine = attention_head(*computed, block, head), theirs = attention_head(*kept, block, head),
                     other = attention_head(*exact, block, head);
        for (int r = 0; r < mine.rows(); ++r) {
          for (int c = 0; c < mine.cols(); ++c) {
            away = std::max(away, std::abs(static_cast<double>(mine(r, c)) - theirs(r, c)));
            moved = std::max(moved, std::abs(static_cast<double>(other(r, c)) - theirs(r, c)));
          }
        }
      }
    }
    EXPECT_GT(moved, 1e-4) << id_of(kernel);
    // The reference adds up and divides otherwise, so that a number may be rounded to the other side.
    EXPECT_LT(away, kernel == Kernel::reference ? 0.1 * moved : 2e-6) << id_of(kernel);
  }
}

TEST_F(Bf16Pass, RestartsFromTheChangedBlockWithTheSameBits) {
  if (!has_bf16(Kernel::tiled)) GTEST_SKIP() << "this processor has no products of bf16 numbers";
  const auto model = make_model(large());
  Settings settings = trained_settings(model->config);
  settings.precision = Precision::bf16;
  settings.threads = 2;
  const auto pixels = make_pixels(model->config);
  Meter meter;
  const auto before = forward({model, pixels, settings}, meter, pool_);
  settings.set_heads(3, 1);
  const auto restarted = forward({model, pixels, settings}, meter, pool_, before.get());
  const auto whole = forward({model, pixels, settings}, meter, pool_);
  EXPECT_EQ(restarted->timings.first_block, 1);
  for (int t = 0; t < whole->features.rows(); ++t)
    ASSERT_EQ(std::memcmp(whole->features.row(t), restarted->features.row(t), sizeof(float) * whole->features.cols()),
              0);
  settings.precision = Precision::exact;
  EXPECT_EQ(forward({model, pixels, settings}, meter, pool_, whole.get())->timings.first_block, 0)
      << "no exact pass begins from a rounded one";
}

TEST_F(Bf16Pass, SaysWhatItChanged) {
  const auto model = make_model(large());
  const auto exact = run(model, Kernel::reference, nullptr), rounded = run(model, Kernel::reference, &kAll);
  const PrecisionChange none = precision_change(*exact, *exact);
  EXPECT_EQ(none.moved, 0);
  EXPECT_EQ(none.largest, 0);
  EXPECT_EQ(none.top1, none.top1_exact);

  double moved = 0, largest = 0;
  int rows = 0;
  for (int block = 0; block < model->config.depth; ++block) {
    for (int head = 0; head < model->config.num_heads; ++head) {
      const Matrix a = attention_head(*rounded, block, head), b = attention_head(*exact, block, head);
      for (int r = 0; r < a.rows(); ++r, ++rows) {
        for (int c = 0; c < a.cols(); ++c) {
          moved += std::abs(static_cast<double>(a(r, c)) - b(r, c)) / 2;
          largest = std::max(largest, std::abs(static_cast<double>(a(r, c)) - b(r, c)));
        }
      }
    }
  }
  const PrecisionChange change = precision_change(*rounded, *exact);
  EXPECT_NEAR(change.moved, moved / rows, 1e-12);
  EXPECT_EQ(change.largest, largest);
  EXPECT_GE(change.top1, 0);
}

TEST_F(Bf16Pass, HasNoWayBack) {
  const auto model = make_model(small_config());
  const auto trace = run(model, Kernel::reference, &kAll);
  Meter meter;
  try {
    backward(*trace, {.logit = 0}, {}, meter, pool_);
    FAIL() << "went back";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("set the precision to exact"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace vit
