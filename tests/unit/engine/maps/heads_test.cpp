// The maps of a block, of all blocks, and what is said about them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/maps/analysis.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/token_names.h"
#include "tests/unit/analysis_support.h"

namespace vit {
namespace {

using testing_passes::kWithPrefix;
using testing_passes::pass;

std::shared_ptr<const MapSet> ask(const char* id, const std::shared_ptr<const Trace>& trace, int block, int query,
                                  Stage stage = Stage::softmax) {
  return analysis_by_id(id)->answer(trace, {.analysis = id, .block = block, .query = query, .stage = stage}, {});
}

TEST(Heads, MeanAndMaximumComeBeforeTheHeads) {
  const auto trace = pass({});
  const auto set = ask("heads", trace, 1, 3);
  ASSERT_EQ(set->count(), 6);
  for (int patch = 0; patch < 16; ++patch) {
    double sum = 0;
    float most = 0;
    for (int head = 0; head < 4; ++head) {
      const float value = attention_row(*trace, 1, head, 3)[static_cast<std::size_t>(patch) + 1];
      EXPECT_FLOAT_EQ(set->map(head + 2)[static_cast<std::size_t>(patch)], value);
      sum += value;
      most = std::max(most, value);
    }
    EXPECT_NEAR(set->map(0)[static_cast<std::size_t>(patch)], sum / 4, 1e-6);
    EXPECT_FLOAT_EQ(set->map(1)[static_cast<std::size_t>(patch)], most);
  }
  EXPECT_EQ(set->find(1, kMeanOfHeads), 0);
  EXPECT_EQ(set->find(1, 3), 5);
  EXPECT_EQ(set->find(1, 40), 5) << "a head that is not there: the last one";
}

TEST(Heads, TheSharedRangeIsThatOfTheHeadsAndNotOfTheirMeanAndMaximum) {
  const auto trace = pass({});
  const auto set = ask("heads", trace, 0, 0);
  std::vector<float> values;
  float low = 1, high = 0;
  for (int head = 0; head < 4; ++head) {
    const auto map = set->map(head + 2);
    values.insert(values.end(), map.begin(), map.end());
    low = std::min(low, set->own[static_cast<std::size_t>(head) + 2].low);
    high = std::max(high, set->own[static_cast<std::size_t>(head) + 2].high);
  }
  EXPECT_EQ(set->of_block[3], shared_range(values));
  EXPECT_EQ(range_of(values), (Range{low, high}));
  EXPECT_EQ(set->range(3, {.range_rule = RangeRule::shared}), set->of_block[3]);
  EXPECT_EQ(set->range(3, {.range_rule = RangeRule::per_head}), set->own[3]);
  EXPECT_EQ(set->range(3, {.range_rule = RangeRule::fixed, .fixed_range = {0.2f, 0.3f}}), (Range{0.2f, 0.3f}));
}

TEST(Heads, EntropyIsThatOfTheWholeRow) {
  const auto trace = pass({.heads = 2});
  double bits = 0;
  for (const float p : attention_row(*trace, 0, 1, 0)) bits -= p * std::log2(p);
  EXPECT_NEAR(facts_of(*ask("heads", trace, 0, 0), 3).entropy_bits, bits, 1e-4);
}

TEST(Heads, MassOfPrefixTokensAndPatchesAddsUpToOne) {
  const auto trace = pass({.model = kWithPrefix});
  const auto set = ask("heads", trace, 0, 3);  // from register 1
  float most_on_patches = 0;
  for (int head = 0; head < 4; ++head) {
    const MapFacts facts = facts_of(*set, head + 2);
    const std::vector<float> row = attention_row(*trace, 0, head, 3);
    ASSERT_EQ(set->prefix_of(head + 2).size(), 4u);
    for (std::size_t token = 0; token < 4; ++token) EXPECT_FLOAT_EQ(set->prefix_of(head + 2)[token], row[token]);
    EXPECT_NEAR(facts.patches + facts.prefix, 1, 1e-5);
    EXPECT_FLOAT_EQ(facts.own, row[3]);
    most_on_patches = std::max(most_on_patches, facts.patches);
  }
  EXPECT_FLOAT_EQ(facts_of(*set, 1).patches, most_on_patches);
  EXPECT_LE(facts_of(*set, 0).patches, most_on_patches);
}

TEST(Heads, AfterDropoutTheEntropyIsThatOfTheSharesAndTheSentenceSaysSo) {
  const auto trace = pass({.attn_drop = 0.5f});
  EXPECT_FALSE(after_dropout(*ask("heads", trace, 0, 0)));
  const auto set = ask("heads", trace, 0, 0, Stage::after_dropout);
  EXPECT_TRUE(after_dropout(*set));
  const std::string sentence = analysis_by_id("heads")->about(*set, 3);
  EXPECT_NE(sentence.find("the class token, after dropout, head 1"), std::string::npos) << sentence;
  const auto row = attention_row(*trace, 0, 1, 0, Stage::after_dropout);
  double sum = 0, bits = 0;
  for (const float p : row) sum += p;
  EXPECT_GT(std::abs(sum - 1), 1e-3);
  for (const float p : row)
    if (p > 0) bits -= p / sum * std::log2(p / sum);
  EXPECT_NEAR(facts_of(*set, 3).entropy_bits, bits, 1e-4);
}

TEST(Heads, SentenceNamesHeadQueryAndShares) {
  const auto set = ask("heads", pass({}), 0, 6);  // the patch (1, 1) behind the class token
  const std::string sentence = analysis_by_id("heads")->about(*set, 4);
  for (const char* part : {"patch (1, 1)", "head 2", "on its own patch", "class token", "of 16"})
    EXPECT_NE(sentence.find(part), std::string::npos) << part << " in: " << sentence;
}

TEST(Heads, WhoLooksAtAQueryIsItsColumnOfEveryRow) {
  const auto trace = pass({.model = kWithPrefix});
  for (const int query : {1, 6}) {
    const Question question{
        .analysis = "heads", .block = 1, .query = query, .direction = Direction::looked_at_by, .values = {}};
    const auto set = analysis_by_id("heads")->answer(trace, question, {});
    for (int head = 0; head < 4; ++head)
      for (int token = 0; token < trace->grid.tokens(); ++token) {
        const float got = token < 4 ? set->prefix_of(head + 2)[static_cast<std::size_t>(token)]
                                    : set->map(head + 2)[static_cast<std::size_t>(token - 4)];
        EXPECT_NEAR(got, attention_row(*trace, 1, head, token)[static_cast<std::size_t>(query)], 1e-7)
            << "head " << head << ", token " << token;
      }
    EXPECT_EQ(set->labels[3].id, "block01_head01_received");
    const std::string sentence = analysis_by_id("heads")->about(*set, 3);
    EXPECT_NE(sentence.find("looks at it most"), std::string::npos) << sentence;
  }
}

TEST(Heads, SharesAreToldAsMultiplesOfTheEvenShareAndEntropyAsTokens) {
  const auto trace = pass({});
  const auto set = ask("heads", trace, 0, 0);
  const auto tokens = static_cast<float>(trace->grid.tokens());
  EXPECT_FLOAT_EQ(set->even, 1 / tokens);
  EXPECT_EQ(even_text(*set, 1 / tokens), "1.0 ×");
  EXPECT_EQ(even_text(*set, 14.64f / tokens), "14.6 ×");
  EXPECT_EQ(even_text(*set, 123.4f / tokens), "123 ×");
  EXPECT_EQ(even_text(*set, 0.031f / tokens), "0.031 ×");
  EXPECT_EQ(even_text(*set, 1e-6f), "<0.01 ×");
  EXPECT_EQ(even_text(*set, 0), "0 ×");
  const MapFacts facts = facts_of(*set, 3);
  EXPECT_NEAR(facts.spread, std::exp2(facts.entropy_bits), 1e-4);
  const std::string sentence = analysis_by_id("heads")->about(*set, 3);
  EXPECT_NE(sentence.find(even_text(*set, facts.peak) + " the even share"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find(place_text(facts.peak_patch, set->cols)), std::string::npos) << sentence;
}

TEST(Grid, HasEveryHeadOfEveryBlock) {
  const auto trace = pass({});
  const auto set = ask("grid", trace, 0, 3);
  ASSERT_EQ(set->count(), 12);
  for (const int block : {0, 2}) {
    const std::vector<float> row = attention_row(*trace, block, 3, 3);
    const auto map = set->map(set->find(block, 3));
    for (std::size_t patch : {0u, 1u, 15u}) EXPECT_EQ(map[patch], row[patch + 1]) << "block " << block;
  }
  EXPECT_EQ(set->labels[7].id, "block01_head03");
}

}  // namespace
}  // namespace vit
