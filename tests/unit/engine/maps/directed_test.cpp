// Rows, columns and their product against the recorded attention of golden networks.
#include "engine/maps/directed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "engine/maps/analysis.h"
#include "tests/unit/analysis_support.h"
#include "tests/unit/engine/maps/golden_trace.h"

namespace {

using vit::Direction;

struct Case {
  const char* network;
  const char* run;
};
constexpr Case kCases[] = {
    {"vit/plain", ""}, {"families/timm_dinov2_reg4", ".wide"}, {"families/timm_rope_gap", ".wide"}};

/// (h, N, N)
std::vector<float> recorded(const Case& at, int block) {
  const auto file = vit::open_tensor_file(golden::root() / at.network / "golden.safetensors");
  return file->read_all("attention." + std::to_string(block) + at.run);
}

TEST(GoldenDirections, RowColumnAndProductOfEveryTokenAreThoseOfTheRecordedAttention) {
  double largest = 0, largest_product = 0;
  int compared = 0;
  for (const Case& one : kCases) {
    const auto trace = golden::trace_of(one.network, one.run);
    const int tokens = trace->grid.tokens(), last = static_cast<int>(trace->blocks.size()) - 1;
    const std::vector<float> truth = recorded(one, last);
    const auto at = [&](int head, int query, int key) {
      return truth[static_cast<std::size_t>((head * tokens + query) * tokens + key)];
    };
    for (int query = 0; query < tokens; ++query) {
      vit::Question question{.analysis = "heads", .block = last, .query = query};
      const vit::Matrix row = directed_rows(*trace, last, question);
      question.direction = Direction::looked_at_by;
      const vit::Matrix column = directed_rows(*trace, last, question);
      question.direction = Direction::product;
      const vit::Matrix both = directed_rows(*trace, last, question);
      for (int head = 0; head < row.rows(); ++head)
        for (int token = 0; token < tokens; ++token) {
          const float a = at(head, query, token), b = at(head, token, query);
          largest = std::max({largest, std::abs(static_cast<double>(row(head, token)) - a),
                              std::abs(static_cast<double>(column(head, token)) - b)});
          largest_product = std::max(largest_product, std::abs(both(head, token) - static_cast<double>(a) * b));
          ++compared;
        }
    }
  }
  EXPECT_LT(largest, 2e-5);
  EXPECT_LT(largest_product, 2e-5);
  std::printf("directions: %d tokens, largest error %.1e, of the product %.1e\n", compared, largest, largest_product);
}

TEST(Directions, TheProductIsSymmetricAndItsEvenShareIsSquared) {
  const auto trace = vit::testing_passes::pass({.model = vit::testing_passes::kWithPrefix, .heads = 8});
  vit::Question from{.analysis = "heads", .block = 1, .query = 2, .direction = Direction::product};
  vit::Question back = from;
  back.query = 11;
  const vit::Matrix there = directed_rows(*trace, 1, from), here = directed_rows(*trace, 1, back);
  for (int head = 0; head < 8; ++head) EXPECT_FLOAT_EQ(there(head, 11), here(head, 2));
  const auto set = vit::analysis_by_id("heads")->answer(trace, from, {});
  EXPECT_FLOAT_EQ(set->even, 1.f / (20 * 20));
  EXPECT_THAT(vit::analysis_by_id("heads")->about(*set, 0), testing::HasSubstr("look at each other most"));
  EXPECT_THAT(set->labels[0].id, testing::EndsWith("_both"));
}

}  // namespace
