#include "engine/network/settings_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/network/model.h"
#include "engine/network/trace.h"

namespace vit {
namespace {

ModelConfig small_config() {
  ModelConfig config;
  config.depth = 4;
  config.channels = 24;
  config.num_heads = 4;
  return config;
}

TEST(SettingsWords, DeparturesAreNamed) {
  const ModelConfig config = small_config();
  Settings s = trained_settings(config);
  EXPECT_EQ(departures(s, config), "");
  s.set_heads(12, 1);
  EXPECT_EQ(departures(s, config), "heads 12 in block 1 (trained 4)");
  s.set_heads(12, 3);
  EXPECT_EQ(departures(s, config), "heads differ in 2 blocks (trained 4)");
  s.set_heads(2);
  s.qkv_bias = false;
  s.training = true;
  s.attn_drop = 0.25f;
  EXPECT_EQ(departures(s, config), "heads 2 (trained 4), qkv bias off, attention dropout 0.25");
}

TEST(SettingsWords, HeadsThatAreOffAreNamedOrCounted) {
  const ModelConfig config = small_config();
  Settings s = trained_settings(config);
  s.switch_head(2, 3, true);
  EXPECT_EQ(departures(s, config), "head 3 of block 2 off");
  s.switch_head(0, 1, true);
  s.switch_head(0, 0, true);
  EXPECT_EQ(departures(s, config), "heads 0, 1 of block 0, head 3 of block 2 off");
  s.switch_head(1, 2, true);
  EXPECT_EQ(departures(s, config), "4 heads of 3 blocks off");
  EXPECT_EQ(settings_words(s, config),
            "4 heads, heads 0, 1 of block 0, head 2 of block 1, head 3 of block 2 off, qkv bias, fused kernel");
}

TEST(SettingsWords, ScaledHeadsAreNamedWithTheirFactorsOrCounted) {
  const ModelConfig config = small_config();
  Settings s = trained_settings(config);
  s.scale_head(2, 3, 0.5f);
  EXPECT_EQ(departures(s, config), "head 3 of block 2 × 0.5");
  s.scale_head(0, 1, 2.f);
  s.scale_head(0, 0, 1.25f);
  EXPECT_EQ(departures(s, config), "heads 0 × 1.25, 1 × 2 of block 0, head 3 of block 2 × 0.5");
  s.switch_head(0, 1, true);
  EXPECT_EQ(departures(s, config), "head 1 of block 0 off, head 0 of block 0 × 1.25, head 3 of block 2 × 0.5");
  s.scale_head(1, 2, 3.f);
  EXPECT_EQ(departures(s, config), "head 1 of block 0 off, 3 heads of 3 blocks scaled");
}

TEST(SettingsWords, NothingDepartsExactlyWhenAllIsAsTrained) {
  ModelConfig config = small_config();
  const Settings trained = trained_settings(config);
  std::vector<Settings> all(9, trained);
  all[8].scale_head(0, 1, 0.5f);
  all[1].set_heads(2, 3);
  all[2].switch_head(1, 0, true);
  all[3].qkv_bias = false;
  all[4].attn_drop = 0.5f;
  all[5].training = true;
  all[5].seed = 4;
  all[6].training = true;
  all[6].proj_drop = 0.1f;
  all[7].kernel = Kernel::reference;
  for (const bool bias : {true, false}) {
    config.qkv_bias = bias;
    for (std::size_t i = 0; i < all.size(); ++i)
      EXPECT_EQ(departures(all[i], config).empty(), as_trained(all[i], config)) << i << ", bias " << bias;
  }
}

TEST(SettingsWords, APassWithFewerBitsSaysWhatTheyChanged) {
  auto model = std::make_shared<Model>();
  model->config = small_config();
  Trace trace;
  trace.model = model;
  trace.settings = trained_settings(model->config);
  EXPECT_EQ(precision_words(trace), "");
  EXPECT_THAT(settings_words(trace), testing::EndsWith("fused kernel"));
  trace.settings.precision = Precision::bf16;
  EXPECT_EQ(precision_words(trace), "bf16 products");
  trace.fewer_bits->set({.moved = 0.00284, .largest = 0.02, .top1 = 3, .top1_exact = 3});
  EXPECT_EQ(precision_words(trace), "bf16 products (0.28 % of the attention moved, top-1 unchanged)");
  EXPECT_THAT(settings_words(trace),
              testing::EndsWith("fused kernel, bf16 products (0.28 % of the attention moved, top-1 unchanged)"));
  trace.fewer_bits->set({.moved = 0.5, .largest = 0.9, .top1 = 2, .top1_exact = 3});
  EXPECT_EQ(words_of(*trace.fewer_bits->get()), "50 % of the attention moved, another top-1 class");
  trace.fewer_bits->set({.moved = 0.01, .largest = 0.1});
  EXPECT_EQ(words_of(*trace.fewer_bits->get()), "1 % of the attention moved");
}

}  // namespace
}  // namespace vit
