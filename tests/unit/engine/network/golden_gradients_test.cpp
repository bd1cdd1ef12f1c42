// Gradients with respect to attention against PyTorch's autograd in float64: tests/golden/gradients/.
#include <gtest/gtest.h>

#include <cstdio>

#include "engine/maps/analysis.h"
#include "engine/network/backward.h"
#include "tests/unit/gradient_support.h"

namespace {

using testing_gradients::Case;

/// The largest difference over all blocks, relative to the largest gradient of its block.
double largest_error(const Case& one, const vit::Trace& trace, const vit::Target& target, const std::string& names) {
  double largest = 0;
  const auto found = testing_gradients::gradients(trace, target);
  for (int b = 0; b < one.blocks; ++b) {
    const std::vector<float> reference = one.read(names + std::to_string(b));
    float scale = 0;
    for (const float value : reference) scale = std::max(scale, std::abs(value));
    largest = std::max(largest, golden::largest_error(reference, found[static_cast<std::size_t>(b)]) / scale);
  }
  return largest;
}

TEST(GoldenGradients, EveryFamilysGradientsAreThoseOfAutograd) {
  double all = 0;
  std::printf("| %-34s | gradients | cosine's  | value     |\n", "network");
  for (const Case& one : testing_gradients::cases()) {
    const vit::Target target = one.target();
    for (const vit::Keep keep : {vit::Keep::maps, vit::Keep::qk}) {
      for (const int threads : {1, 3}) {
        const auto trace = one.trace(keep, threads);
        ASSERT_EQ(trace->model->config.depth, one.blocks);
        const double error = largest_error(one, *trace, target, "gradient.");
        const double value = std::abs(vit::value_of(target, *trace) - one.read("value").front());
        EXPECT_LT(error, 1e-4) << one.network << one.suffix << " keep " << static_cast<int>(keep) << " threads "
                               << threads;
        EXPECT_LT(value, 1e-4) << one.network << one.suffix;
        double cosine = 0;
        if (one.logit < 0) {
          cosine = largest_error(one, *trace, {.token = 0, .direction = one.read("direction"), .cosine = true},
                                 "cosine.gradient.");
          EXPECT_LT(cosine, 1e-4) << one.network << one.suffix;
        }
        all = std::max({all, error, cosine});
        if (threads == 1 && keep == vit::Keep::maps)
          std::printf("| %-34s | %.1e   | %.1e   | %.1e   |\n", (one.network + one.suffix).c_str(), error, cosine,
                      value);
      }
    }
  }
  std::printf("largest error of a gradient, relative to the largest of its block: %.1e\n", all);
}

}  // namespace
