// Passes of small networks, and how far two of them lie apart.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>

#include "engine/base/pool.h"
#include "engine/network/forward.h"
#include "tests/unit/small_models.h"

namespace vit::testing_passes {

inline constexpr double kTolerance = 1e-5;  // relative Frobenius distance between paths

inline double distance(const Matrix& a, const Matrix& b) {
  double difference = 0, size = 0;
  for (int r = 0; r < b.rows(); ++r) {
    for (int c = 0; c < b.cols(); ++c) {
      difference += (double(a(r, c)) - b(r, c)) * (double(a(r, c)) - b(r, c));
      size += double(b(r, c)) * b(r, c);
    }
  }
  return std::sqrt(difference / size);
}

inline std::shared_ptr<const Trace> run(const std::shared_ptr<const Model>& model,
                                        const std::shared_ptr<const Pixels>& pixels, const Settings& settings,
                                        const Trace* previous = nullptr, const Extent& extent = {}) {
  Pool pool(settings.threads);
  Meter meter;
  return forward({model, pixels, settings, extent}, meter, pool, previous);
}

inline Settings with(const ModelConfig& config, Kernel kernel, int threads = 1, int heads = 0) {
  Settings settings = trained_settings(config);
  settings.kernel = kernel;
  settings.threads = threads;
  if (heads > 0) settings.set_heads(heads);
  return settings;
}

inline void expect_same(const Trace& a, const Trace& b, const std::string& what) {
  for (int block = 0; block < a.model->config.depth; ++block) {
    EXPECT_LE(distance(a.hidden(block), b.hidden(block)), kTolerance) << what << ", block " << block;
  }
  EXPECT_LE(distance(a.features, b.features), kTolerance) << what;
  ASSERT_EQ(a.pooled.size(), b.pooled.size());
  for (std::size_t c = 0; c < a.pooled.size(); ++c) EXPECT_NEAR(a.pooled[c], b.pooled[c], 2e-5) << what << ' ' << c;
  ASSERT_EQ(a.logits.size(), b.logits.size());
  for (std::size_t k = 0; k < a.logits.size(); ++k) EXPECT_NEAR(a.logits[k], b.logits[k], 2e-5) << what << ' ' << k;
}

}  // namespace vit::testing_passes
