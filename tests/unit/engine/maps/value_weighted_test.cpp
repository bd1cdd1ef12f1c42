// Attention times transformed values against an independent NumPy implementation in double precision:
// tests/golden/values/.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/maps/analysis.h"
#include "engine/maps/token_names.h"
#include "engine/maps/transformed_values.h"
#include "tests/unit/analysis_support.h"
#include "tests/unit/engine/maps/golden_trace.h"

namespace {

using vit::Direction;

float value_of(const vit::MapSet& set, int map, int token) {
  const int prefix = set.trace->grid.prefix;
  return token < prefix ? set.prefix_of(map)[static_cast<std::size_t>(token)]
                        : set.map(map)[static_cast<std::size_t>(token - prefix)];
}

TEST(GoldenValueWeighted, EveryQueryOfEveryHeadIsThatOfTheReference) {
  const vit::Analysis& analysis = *vit::analysis_by_id("values");
  const auto reference = vit::open_tensor_file(golden::root() / "values" / "values.safetensors");
  double largest = 0;
  int compared = 0;
  for (const vit::Json& one : vit::read_json(golden::root() / "values" / "values.json").items) {
    const std::string network = golden::field(one, "network").text;
    const int block = golden::integer(one, "block");
    const std::vector<float> truth = reference->read_all(network + " block=" + std::to_string(block));
    const auto trace = golden::trace_of(network);
    const int tokens = trace->grid.tokens();
    const auto at = [&](int head, int query, int key) {
      return truth[static_cast<std::size_t>((head * tokens + query) * tokens + key)];
    };
    float scale = 0;
    for (const float value : truth) scale = std::max(scale, value);
    for (int query = 0; query < tokens; ++query)
      for (const Direction direction : {Direction::looks_at, Direction::looked_at_by, Direction::product}) {
        const auto set =
            analysis.answer(trace, {.analysis = "values", .block = block, .query = query, .direction = direction}, {});
        for (int head = 0; head < trace->settings.heads(block); ++head)
          for (int token = 0; token < tokens; ++token) {
            const float row = at(head, query, token), column = at(head, token, query);
            const float expected = direction == Direction::looks_at       ? row
                                   : direction == Direction::looked_at_by ? column
                                                                          : row * column;
            const double error = std::abs(value_of(*set, set->find(block, head), token) - expected) / scale;
            largest = std::max(largest, error);
            EXPECT_LT(error, 2e-5) << network << " block " << block << " head " << head << " from " << query << " to "
                                   << token;
            ++compared;
          }
      }
  }
  EXPECT_GT(compared, 5000);
  std::printf("value-weighted attention: %d numbers, largest error %.1e of the largest\n", compared, largest);
}

TEST(ValueWeighted, ANetworkThatNormalisesTheHeadsTogetherIsRefused) {
  const auto trace = golden::trace_of("families/timm_eva02_clip");
  EXPECT_THAT(vit::analysis_by_id("values")->refusal(*trace), testing::HasSubstr("attn_norm"));
}

}  // namespace
