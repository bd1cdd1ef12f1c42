// Masks of attention against an independent NumPy implementation of DINO's: tests/golden/masks/.
#include "engine/maps/mask.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/maps/analysis.h"
#include "tests/unit/engine/maps/golden_trace.h"

namespace {

using testing::ElementsAre;
using vit::EdgeLine;

TEST(GoldenMask, EveryMaskAndItsRunLengthsAreThoseOfTheReference) {
  const vit::Analysis& analysis = *vit::analysis_by_id("mask");
  int compared = 0;
  for (const vit::Json& one : vit::read_json(golden::root() / "masks" / "masks.json").items) {
    const std::string network = golden::field(one, "network").text;
    const auto trace = golden::trace_of(network, golden::field(one, "run").text);
    const int block = golden::integer(one, "block"), query = golden::integer(one, "query");
    const double share = golden::field(one, "share").number;
    const auto set =
        analysis.answer(trace, {.analysis = "mask", .block = block, .query = query, .values = {{"share", share}}}, {});
    const auto& masks = golden::field(one, "masks").items;
    const auto& runs = golden::field(one, "runs").items;
    ASSERT_EQ(static_cast<int>(masks.size()), trace->settings.heads(block));
    for (std::size_t head = 0; head < masks.size(); ++head) {
      const int index = set->find(block, static_cast<int>(head));
      std::string found;
      for (const float value : set->map(index)) found += value > 0.5f ? '1' : '0';
      EXPECT_EQ(found, masks[head].text) << network << " block " << block << " query " << query << " share " << share;
      std::vector<int> expected;
      for (const vit::Json& run : runs[head].items) expected.push_back(static_cast<int>(run.integer.value()));
      EXPECT_EQ(
          vit::run_lengths(set->rows, set->cols, [&](int row, int col) { return set->value(index, row, col) > 0.5f; }),
          expected);
      EXPECT_GE(set->table->at(index, 1), static_cast<float>(share) - 1e-6f);
      ++compared;
    }
  }
  EXPECT_GT(compared, 200);
  std::printf("masks: %d, all as the reference's\n", compared);
}

TEST(Mask, HoldsTheFewestPatchesThatReachTheShare) {
  const std::vector<float> map = {1, 4, 2, 3};
  EXPECT_THAT(vit::mask_of(map, 0.4), ElementsAre(0, 1, 0, 0));
  EXPECT_THAT(vit::mask_of(map, 0.41), ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(vit::mask_of(map, 0.99), ElementsAre(1, 1, 1, 1));
  EXPECT_THAT(vit::mask_of(std::vector<float>{0, 0}, 0.5), ElementsAre(0, 0));
  EXPECT_THAT(vit::mask_of(std::vector<float>{1, 1, 1}, 0.5), ElementsAre(1, 1, 0));
}

TEST(Mask, ItsOutlineRunsAroundWhatItHolds) {
  // .##
  // .#.
  const std::vector<float> mask = {0, 1, 1, 0, 1, 0};
  EXPECT_THAT(vit::outline_of(mask, 2, 3),
              testing::UnorderedElementsAre(EdgeLine{1, 0, 3, 0}, EdgeLine{2, 1, 3, 1}, EdgeLine{1, 2, 2, 2},
                                            EdgeLine{1, 0, 1, 2}, EdgeLine{2, 1, 2, 2}, EdgeLine{3, 0, 3, 1}));
  EXPECT_TRUE(vit::outline_of(std::vector<float>{0, 0}, 1, 2).empty());
}

TEST(Mask, RunLengthsGoDownTheColumnsAndBeginWithZeros) {
  // 1 0
  // 1 1
  const std::vector<float> mask = {1, 0, 1, 1};
  const auto at = [&](int row, int col) { return mask[static_cast<std::size_t>(row * 2 + col)] > 0; };
  EXPECT_THAT(vit::run_lengths(2, 2, at), ElementsAre(0, 2, 1, 1));
}

}  // namespace
