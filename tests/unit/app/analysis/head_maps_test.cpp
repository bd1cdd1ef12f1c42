// The maps of a block as the window shows them: mean, maximum, heads, ranges and the sentence.
#include "app/analysis/head_maps.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "engine/base/pool.h"
#include "engine/checkpoint/load_model.h"
#include "engine/maps/attention.h"
#include "engine/network/forward.h"

namespace headlight {
namespace {

std::shared_ptr<const vit::Trace> trace_of(int heads, const char* source = "random:C=24,L=2,h=4,P=8,S=32,K=5,seed=2",
                                           float attn_drop = 0.f) {
  const auto model = vit::load_model(source);
  vit::Image image{.width = 32, .height = 32, .rgb = {}, .name = "stripes"};
  for (int i = 0; i < 32 * 32; ++i) image.rgb.insert(image.rgb.end(), {static_cast<std::uint8_t>(i), 90, 30});
  auto pixels = std::make_shared<const vit::Pixels>(vit::preprocess(image, model->preprocessing, 8));
  vit::Settings settings = vit::trained_settings(model->config);
  settings.threads = 1;
  settings.num_heads.assign(2, heads);
  settings.training = attn_drop > 0;
  settings.attn_drop = attn_drop;
  vit::Pool pool(1);
  vit::Meter meter;
  return vit::forward({model, pixels, settings}, meter, pool);
}

TEST(HeadMaps, MeanAndMaximumComeBeforeTheHeads) {
  const auto trace = trace_of(4);
  HeadMaps maps;
  View view;
  view.block = 1;
  view.query = 3;
  ASSERT_TRUE(maps.update(trace, view));
  ASSERT_EQ(maps.count(), 6);
  for (int patch = 0; patch < 16; ++patch) {
    double sum = 0;
    float most = 0;
    for (int head = 0; head < 4; ++head) {
      const float value = vit::attention_row(*trace, 1, head, 3)[static_cast<std::size_t>(patch) + 1];
      EXPECT_FLOAT_EQ(maps.map(head)[patch], value);
      sum += value;
      most = std::max(most, value);
    }
    EXPECT_NEAR(maps.map(kMeanOfHeads)[patch], sum / 4, 1e-6);
    EXPECT_FLOAT_EQ(maps.map(kMaxOfHeads)[patch], most);
  }
}

TEST(HeadMaps, NothingIsComputedAgainWithoutAChange) {
  const auto trace = trace_of(4);
  HeadMaps maps;
  View view;
  EXPECT_TRUE(maps.update(trace, view));
  view.colormap = vit::Colormap::grey;  // changes the picture, not the maps
  EXPECT_FALSE(maps.update(trace, view));
  view.query = 5;
  EXPECT_TRUE(maps.update(trace, view));
}

TEST(HeadMaps, SharedRangeSpansAllHeadsAndPerHeadItsOwn) {
  HeadMaps maps;
  View view;
  maps.update(trace_of(4), view);
  view.range_rule = vit::RangeRule::shared;
  const vit::Range shared = maps.range(0, view);
  EXPECT_EQ(maps.range(3, view), shared);
  view.range_rule = vit::RangeRule::per_head;
  float low = 1, high = 0;
  for (int head = 0; head < 4; ++head) {
    low = std::min(low, maps.range(head, view).low);
    high = std::max(high, maps.range(head, view).high);
  }
  EXPECT_FLOAT_EQ(low, shared.low);
  EXPECT_FLOAT_EQ(high, shared.high);
}

TEST(HeadMaps, EntropyIsThatOfTheWholeRow) {
  const auto trace = trace_of(2);
  HeadMaps maps;
  maps.update(trace, {});
  double bits = 0;
  for (const float p : vit::attention_row(*trace, 0, 1, 0)) bits -= p * std::log2(p);
  EXPECT_NEAR(maps.facts(1).entropy_bits, bits, 1e-4);
}

TEST(HeadMaps, MassOfPrefixTokensAndPatchesAddsUpToOne) {
  const auto trace = trace_of(4, "random:C=24,L=2,h=4,P=8,S=32,K=5,reg=2,dist=1,seed=2");
  HeadMaps maps;
  View view;
  view.query = 3;  // register 1
  maps.update(trace, view);
  float most_on_patches = 0;
  for (int head = 0; head < 4; ++head) {
    const MapFacts& facts = maps.facts(head);
    const std::vector<float> row = vit::attention_row(*trace, 0, head, 3);
    ASSERT_EQ(facts.to_token.size(), 4u);
    for (std::size_t token = 0; token < 4; ++token) EXPECT_FLOAT_EQ(facts.to_token[token], row[token]);
    EXPECT_NEAR(facts.patches + std::accumulate(facts.to_token.begin(), facts.to_token.end(), 0.f), 1, 1e-5);
    most_on_patches = std::max(most_on_patches, facts.patches);
  }
  EXPECT_FLOAT_EQ(maps.facts(kMaxOfHeads).patches, most_on_patches);
  EXPECT_LE(maps.facts(kMeanOfHeads).patches, most_on_patches);
}

TEST(HeadMaps, AfterDropoutTheEntropyIsThatOfTheSharesAndTheSentenceSaysSo) {
  const auto trace = trace_of(4, "random:C=24,L=2,h=4,P=8,S=32,K=5,seed=2", 0.5f);
  HeadMaps maps;
  View view;
  maps.update(trace, view);
  EXPECT_FALSE(maps.after_dropout());
  view.stage = vit::Stage::after_dropout;
  ASSERT_TRUE(maps.update(trace, view));
  EXPECT_TRUE(maps.after_dropout());
  EXPECT_NE(maps.sentence(1).find("the class token, after dropout, head 1"), std::string::npos) << maps.sentence(1);
  const auto row = vit::attention_row(*trace, 0, 1, 0, view.stage);
  double sum = 0, bits = 0;
  for (const float p : row) sum += p;
  EXPECT_GT(std::abs(sum - 1), 1e-3);
  for (const float p : row)
    if (p > 0) bits -= p / sum * std::log2(p / sum);
  EXPECT_NEAR(maps.facts(1).entropy_bits, bits, 1e-4);
}

TEST(HeadMaps, SentenceNamesHeadQueryAndShares) {
  HeadMaps maps;
  View view;
  view.query = 6;  // patch (1, 1) of a 4 by 4 grid behind the class token
  maps.update(trace_of(4), view);
  const std::string sentence = maps.sentence(2);
  for (const char* part : {"patch (1, 1)", "head 2", "on its own patch", "class token", "of 16"})
    EXPECT_NE(sentence.find(part), std::string::npos) << part << " in: " << sentence;
}

TEST(HeadMaps, BlockAndQueryBeyondTheTraceAreHeldInside) {
  HeadMaps maps;
  View view;
  view.block = 40;
  view.query = 4000;
  ASSERT_TRUE(maps.update(trace_of(4), view));
  EXPECT_EQ(maps.block(), 1);
  EXPECT_EQ(maps.query(), 16);
}

}  // namespace
}  // namespace headlight
