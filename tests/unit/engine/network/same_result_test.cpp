// The same inputs give the same bits: on any number of threads, and every time. tests/same_result.py asks the same of
// the whole program, and how far instruction sets lie apart.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "engine/base/pool.h"
#include "engine/maps/attention.h"
#include "engine/network/backward.h"
#include "engine/network/forward.h"
#include "tests/unit/small_models.h"

namespace vit {
namespace {

using testing_models::make_model;
using testing_models::make_pixels;

/// Of all bits of everything that is computed (FNV-1a): equal numbers that differ in a bit count as different.
class Sum {
 public:
  void add(const float* values, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      std::uint32_t bits = 0;
      std::memcpy(&bits, values + i, sizeof(bits));
      sum_ = (sum_ ^ bits) * 1099511628211u;
    }
  }
  void add(MatrixView rows) {
    for (int r = 0; r < rows.rows; ++r) add(rows.row(r), static_cast<std::size_t>(rows.cols));
  }
  std::uint64_t value() const { return sum_; }

 private:
  std::uint64_t sum_ = 14695981039346656037u;
};

std::uint64_t sum_of(const Trace& trace) {
  Sum sum;
  for (int b = 0; b < trace.model->config.depth; ++b) {
    sum.add(trace.hidden(b).view());
    for (int h = 0; h < trace.settings.heads(b); ++h) sum.add(attention_head(trace, b, h).view());
  }
  sum.add(trace.features.view());
  sum.add(trace.pooled.data(), trace.pooled.size());
  sum.add(trace.logits.data(), trace.logits.size());
  return sum.value();
}

/// 101 tokens, a number that no tile divides, enough for every thread to have several rows; all that a pass can hold.
ModelConfig network() {
  ModelConfig config = testing_models::small_config();
  config.depth = 2;
  config.channels = 48;
  config.num_heads = 6;
  config.hidden = 100;
  config.grid_height = config.grid_width = 10;
  config.layer_scale = true;
  config.relative_bias = ModelConfig::RelativeBias::of_each_block;
  return config;
}

struct Asked {
  std::shared_ptr<const Model> model = make_model(network());
  std::shared_ptr<const Pixels> pixels = make_pixels(network());
  Settings settings = trained_settings(model->config);

  std::shared_ptr<const Trace> run(Pool& pool) const {
    Meter meter;
    return forward({model, pixels, settings, {}}, meter, pool, nullptr);
  }
  std::shared_ptr<const Trace> run() const {
    Pool pool(settings.threads);
    return run(pool);
  }
};

constexpr std::array kThreads{1, 2, 3, 5};

TEST(SameResult, OnAnyNumberOfThreads) {
  Asked asked;
  for (const Kernel kernel : choice_values<Kernel>()) {
    for (const Keep keep : {Keep::qk, Keep::maps}) {
      for (const bool training : {false, true}) {
        asked.settings = trained_settings(asked.model->config);
        asked.settings.kernel = kernel;
        asked.settings.keep = keep;
        asked.settings.training = training;
        if (training) asked.settings.attn_drop = asked.settings.proj_drop = 0.2f;
        std::uint64_t first = 0;
        for (const int threads : kThreads) {
          asked.settings.threads = threads;
          const std::uint64_t sum = sum_of(*asked.run());
          if (threads == kThreads.front()) first = sum;
          EXPECT_EQ(sum, first) << id_of(kernel) << ", " << threads << " threads, training " << training;
        }
      }
    }
  }
}

TEST(SameResult, InTheFirstAndTheHundredthPass) {
  Asked asked, other;
  other.settings.set_heads(3);  // what memory held before must not show
  for (const Kernel kernel : {Kernel::eager, Kernel::tiled}) {
    asked.settings.kernel = other.settings.kernel = kernel;
    asked.settings.threads = other.settings.threads = 3;
    Pool pool(3);
    const std::uint64_t first = sum_of(*asked.run(pool));
    EXPECT_NE(sum_of(*other.run(pool)), first);
    for (int pass = 2; pass <= 100; ++pass) {
      ASSERT_EQ(sum_of(*asked.run(pool)), first) << id_of(kernel) << ", pass " << pass;
      if (pass % 10 == 0) static_cast<void>(other.run(pool));
    }
  }
}

/// Of the gradients of all heads, in the order of blocks, heads and queries, from whichever thread they come.
std::uint64_t sum_of_gradients(const Trace& trace, int threads) {
  const int tokens = trace.grid.tokens(), depth = trace.model->config.depth, heads = trace.settings.heads(0);
  Matrix rows(depth * heads * tokens, tokens);
  BackwardHooks hooks;
  hooks.head = [&](const HeadGradient& part) {
    for (int r = 0; r < part.gradient.rows; ++r) {
      const int to = (part.block * heads + part.head) * tokens + part.first_query + r;
      std::memcpy(rows.row(to), part.gradient.row(r), static_cast<std::size_t>(tokens) * sizeof(float));
    }
  };
  Meter meter;
  Pool pool(threads);
  backward(trace, {.logit = 2}, hooks, meter, pool);
  Sum sum;
  sum.add(rows.view());
  return sum.value();
}

TEST(SameResult, OfGradientsOnAnyNumberOfThreadsAndEveryTime) {
  Asked asked;
  for (const Kernel kernel : choice_values<Kernel>()) {
    asked.settings.kernel = kernel;
    const auto trace = asked.run();
    const std::uint64_t first = sum_of_gradients(*trace, 1);
    for (const int threads : kThreads)
      for (int time = 0; time < 3; ++time)
        EXPECT_EQ(sum_of_gradients(*trace, threads), first) << id_of(kernel) << ", " << threads;
  }
}

}  // namespace
}  // namespace vit
