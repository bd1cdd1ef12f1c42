// What every head does in numbers, against an independent NumPy implementation in double precision:
// tests/golden/statistics/.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/base/error.h"
#include "engine/maps/analysis.h"
#include "engine/maps/head_statistics.h"
#include "tests/unit/analysis_support.h"
#include "tests/unit/engine/maps/golden_trace.h"

namespace {

TEST(GoldenStatistics, EveryNumberOfEveryQueryIsThatOfTheReference) {
  const auto reference = vit::open_tensor_file(golden::root() / "statistics" / "statistics.safetensors");
  std::array<double, vit::kStatistics> largest{};
  int compared = 0;
  for (const vit::Json& one : vit::read_json(golden::root() / "statistics" / "statistics.json").items) {
    const std::string network = golden::field(one, "network").text;
    const auto trace = golden::trace_of(network, golden::field(one, "run").text);
    ASSERT_EQ(trace->grid.prefix, golden::integer(one, "prefix")) << network;
    ASSERT_EQ(trace->grid.cols, golden::integer(one, "cols")) << network;
    const auto heads = vit::head_statistics(*trace, vit::Stage::softmax, {});
    for (const vit::HeadStatistics& head : *heads) {
      const std::vector<float> truth = reference->read_all(network + " block=" + std::to_string(head.block));
      const auto tokens = static_cast<std::size_t>(trace->grid.tokens());
      for (std::size_t query = 0; query < tokens; ++query)
        for (std::size_t s = 0; s < vit::kStatistics; ++s) {
          const float expected = truth[(static_cast<std::size_t>(head.head) * tokens + query) * vit::kStatistics + s];
          const float found = head.of_query[s][query];
          ASSERT_EQ(std::isnan(expected), std::isnan(found)) << network << " " << vit::choices(vit::Statistic{})[s].id;
          if (std::isnan(expected)) continue;
          const double error = std::abs(found - expected) / (1 + std::abs(expected));
          largest[s] = std::max(largest[s], error);
          EXPECT_LT(error, 2e-5) << network << " block " << head.block << " head " << head.head << " query " << query
                                 << " " << vit::choices(vit::Statistic{})[s].id << ": " << found << " for " << expected;
          ++compared;
        }
    }
  }
  EXPECT_GT(compared, 2000);
  std::printf("statistics: %d numbers; largest errors, of 1 + the number:", compared);
  for (std::size_t s = 0; s < largest.size(); ++s)
    std::printf(" %s %.1e", vit::choices(vit::Statistic{})[s].id, largest[s]);
  std::printf("\n");
}

TEST(Statistics, TheTableHoldsTheMeanOverTheQueriesOrTheChosenOne) {
  const auto trace = vit::testing_passes::pass({.model = vit::testing_passes::kWithPrefix, .heads = 8});
  const vit::Analysis& analysis = *vit::analysis_by_id("statistics");
  const auto all = analysis.answer(trace, {.analysis = "statistics", .values = {{"show", 1}}}, {});
  const auto one = analysis.answer(trace, {.analysis = "statistics", .query = 9, .values = {{"over", 1}}}, {});
  ASSERT_EQ(all->count(), 24);
  ASSERT_EQ(all->table->columns.size(), 8u);
  for (int map = 0; map < all->count(); ++map) {
    double sum = 0;
    for (const float px : all->map(map)) sum += px;  // a prefix token has no distance
    EXPECT_NEAR(all->table->at(map, 1), sum / all->patches(), 1e-4);
    EXPECT_FLOAT_EQ(one->table->at(map, 0), one->map(map)[9 - 4]);
    EXPECT_NEAR(std::exp2(one->table->at(map, 7)), one->table->at(map, 0), 1e-4);
  }
  const auto from_class = analysis.answer(trace, {.analysis = "statistics", .query = 0, .values = {{"over", 1}}}, {});
  EXPECT_TRUE(std::isnan(from_class->table->at(0, 1)));
}

TEST(Statistics, ABlockOfOneHeadHasNoneToCompareWith) {
  const auto trace = vit::testing_passes::pass({.heads = 1});
  const auto heads = vit::head_statistics(*trace, vit::Stage::softmax, {});
  ASSERT_EQ(heads->size(), 3u);
  EXPECT_TRUE(std::isnan(heads->front().mean[static_cast<std::size_t>(vit::Statistic::similarity)]));
}

TEST(Statistics, ManyHeadsAreWorkedOnInPartsAndGiveTheSame) {
  const auto trace = vit::testing_passes::pass({.heads = 24});
  double last = -1;
  int heard = 0;
  vit::head_statistics(*trace, vit::Stage::softmax, {.stop = {}, .progress = [&](double done) {
                                                       EXPECT_GE(done, last == 1 ? 0 : last);
                                                       last = done;
                                                       ++heard;
                                                     }});
  EXPECT_GT(heard, 24);
}

}  // namespace
