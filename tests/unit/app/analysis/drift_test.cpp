// What a departure from the trained settings is called, and what it is said to have done.
#include "app/analysis/drift.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "app/analysis/classes.h"
#include "engine/base/pool.h"
#include "engine/checkpoint/load_model.h"
#include "engine/maps/attention.h"
#include "engine/network/forward.h"

namespace headlight {
namespace {

struct Pair {
  std::shared_ptr<const vit::Trace> trained, changed;
};

Pair traces(bool bias, int heads, const std::string& source = "random:C=24,L=2,h=4,P=8,S=32,K=5,seed=2",
            vit::Keep keep = vit::Keep::automatic) {
  const auto model = vit::load_model(source);
  const vit::Image image{.width = 32, .height = 32, .rgb = std::vector<std::uint8_t>(32 * 32 * 3, 77), .name = "grey"};
  const auto pixels = std::make_shared<const vit::Pixels>(vit::preprocess(image, model->preprocessing, 8));
  vit::Settings settings = vit::trained_settings(model->config);
  settings.threads = 1;
  settings.keep = keep;
  vit::Pool pool(1);
  vit::Meter meter;
  Pair pair;
  pair.trained = vit::forward({model, pixels, settings}, meter, pool);
  settings.qkv_bias = bias;
  settings.num_heads.assign(settings.num_heads.size(), heads);
  pair.changed = vit::forward({model, pixels, settings}, meter, pool);
  return pair;
}

TEST(Drift, DeparturesAreNamed) {
  const auto model = vit::load_model("random:C=24,L=3,h=4,P=8,S=32,K=5,seed=2");
  vit::Settings s = vit::trained_settings(model->config);
  EXPECT_EQ(departures(s, model->config), "");
  s.num_heads = {4, 12, 4};
  EXPECT_EQ(departures(s, model->config), "heads 12 in block 1 (trained 4)");
  s.num_heads = {2, 2, 2};
  s.qkv_bias = false;
  s.training = true;
  s.attn_drop = 0.25f;
  EXPECT_EQ(departures(s, model->config), "heads 2 (trained 4), qkv bias off, attention dropout 0.25");
}

TEST(Drift, AsTrainedThereIsNone) {
  const Pair pair = traces(true, 4);
  DriftWatch watch;
  EXPECT_EQ(watch.update(pair.trained, pair.trained, 0), nullptr);
  EXPECT_EQ(watch.update(pair.changed, pair.trained, 0), nullptr);  // another pass of the same settings
  EXPECT_EQ(watch.update(pair.changed, nullptr, 0), nullptr);
}

TEST(Drift, ChangedHeadsMoveTheMapsAndTheTopClass) {
  const Pair pair = traces(true, 24);
  DriftWatch watch;
  const Drift* drift = watch.update(pair.changed, pair.trained, 0);
  ASSERT_NE(drift, nullptr);
  EXPECT_FALSE(watch.unfinished());
  ASSERT_TRUE(drift->maps_moved.has_value());
  EXPECT_GT(*drift->maps_moved, 0);
  EXPECT_LE(*drift->maps_moved, 1);
  const std::vector<double> before = probabilities(pair.trained->logits);
  EXPECT_EQ(drift->top1, std::max_element(before.begin(), before.end()) - before.begin());
  EXPECT_DOUBLE_EQ(drift->top1_before, before[static_cast<std::size_t>(drift->top1)]);
}

TEST(Drift, LargeMapsAreComparedOverSeveralCalls) {
  const Pair pair = traces(true, 24, "random:C=384,L=3,h=4,P=1,S=32,K=5,seed=2", vit::Keep::qk);
  DriftWatch watch;
  const Drift* drift = watch.update(pair.changed, pair.trained, 3);
  ASSERT_NE(drift, nullptr);
  EXPECT_TRUE(watch.unfinished());
  EXPECT_FALSE(drift->maps_moved.has_value());
  EXPECT_GE(drift->top1, 0);  // which costs nothing
  while (watch.unfinished()) drift = watch.update(pair.changed, pair.trained, 3);
  double moved = 0;
  for (int block = 0; block < 3; ++block) {
    const auto now = vit::attention_mean(*pair.changed, block, 3);
    const auto before = vit::attention_mean(*pair.trained, block, 3);
    for (std::size_t t = 0; t < now.size(); ++t) moved += std::abs(now[t] - before[t]) / 6.0;
  }
  ASSERT_TRUE(drift->maps_moved.has_value());
  EXPECT_NEAR(*drift->maps_moved, moved, 1e-6);

  drift = watch.update(pair.changed, pair.trained, 4);  // another query: the last answer stays until the next is there
  EXPECT_TRUE(watch.unfinished());
  EXPECT_NEAR(drift->maps_moved.value_or(-1), moved, 1e-6);
}

}  // namespace
}  // namespace headlight
