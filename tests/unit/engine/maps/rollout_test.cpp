// Attention rollout against an independent NumPy implementation in double precision: tests/golden/rollout/.
#include <gtest/gtest.h>

#include <map>

#include "engine/maps/analysis.h"
#include "tests/unit/engine/maps/golden_trace.h"

namespace {

using golden::field;
using golden::trace_of;

int integer(const vit::Json& one) {
  return static_cast<int>(one.integer.value());
}

TEST(GoldenRollout, EveryCaseIsThatOfTheReference) {
  const vit::Analysis& rollout = *vit::analysis_by_id("rollout");
  const auto reference = vit::open_tensor_file(golden::root() / "rollout" / "rollout.safetensors");
  const std::map<std::string, double> fusions = {{"mean", 0}, {"max", 1}, {"min", 2}};
  int compared = 0;
  double largest = 0;
  const vit::Json cases = vit::read_json(golden::root() / "rollout" / "rollout.json");
  for (const vit::Json& one : cases.items) {
    const auto trace = trace_of(field(one, "network").text);
    const std::vector<float> rows = reference->read_all(field(one, "tensor").text);
    const int tokens = trace->grid.tokens(), prefix = trace->grid.prefix;
    const int start = integer(field(one, "start")), block = integer(field(one, "block"));
    ASSERT_EQ(prefix, integer(field(one, "prefix")));
    std::size_t row = 0;
    for (const vit::Json& query : field(one, "queries").items) {
      const vit::Question question{.analysis = "rollout",
                                   .query = integer(query),
                                   .values = {{"fusion", fusions.at(field(one, "fusion").text)},
                                              {"discard", field(one, "discard").number},
                                              {"start", static_cast<double>(start)}}};
      const auto set = rollout.answer(trace, question, {});
      const int index = set->find(block, vit::kNoHead);
      ASSERT_EQ(set->labels[static_cast<std::size_t>(index)].block, block);
      for (int token = 0; token < tokens; ++token) {
        const float found = token < prefix ? set->prefix_of(index)[static_cast<std::size_t>(token)]
                                           : set->map(index)[static_cast<std::size_t>(token - prefix)];
        const double error = std::abs(found - rows[row * static_cast<std::size_t>(tokens) + token]);
        largest = std::max(largest, error);
        EXPECT_LT(error, 2e-6) << field(one, "tensor").text << " token " << token;
      }
      ++row;
      ++compared;
    }
  }
  EXPECT_GT(compared, 100);
  std::printf("rollout: %d rows, largest error %.1e\n", compared, largest);
}

}  // namespace
