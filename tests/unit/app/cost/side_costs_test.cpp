#include "app/cost/side_costs.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace headlight {
namespace {

CostLine line(const char* id, double macs, double elements, std::optional<double> ms) {
  CostLine row;
  row.id = row.name = id;
  row.macs = macs;
  row.element_ops = elements;
  row.operations = 2 * macs;
  row.ms_median = ms;
  return row;
}

TEST(SideCosts, PutsRowsOfOneNameBesideEachOther) {
  CostView a, b;
  a.lines = {line("qkv", 100, 10, 2.0), line("softmax", 0, 50, 1.0)};
  b.lines = {line("qkv", 400, 40, 3.0), line("pool", 7, 0, std::nullopt), line("softmax", 0, 25, std::nullopt)};
  CostLine waiting = line("waiting", 0, 0, 5.0);
  waiting.kind = CostLine::Kind::waiting;
  a.lines.push_back(waiting);
  CostLine sum = line("total.block", 100, 60, 3.0);
  sum.kind = CostLine::Kind::subtotal;
  a.totals = {sum};
  b.totals = {sum};
  const std::vector<SideCost> rows = side_costs(a, b);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].id, "qkv");
  EXPECT_DOUBLE_EQ(rows[0].operations_a, 110);
  EXPECT_DOUBLE_EQ(*rows[0].operations_ratio(), 4);
  EXPECT_DOUBLE_EQ(*rows[0].time_ratio(), 1.5);
  EXPECT_EQ(rows[1].id, "softmax");
  EXPECT_DOUBLE_EQ(*rows[1].operations_ratio(), 0.5);
  EXPECT_FALSE(rows[1].time_ratio()) << "side B was not measured";
  EXPECT_EQ(rows[2].id, "pool");
  EXPECT_FALSE(rows[2].operations_ratio()) << "side A has none of it";
  EXPECT_EQ(rows[3].kind, CostLine::Kind::subtotal);
  EXPECT_DOUBLE_EQ(*rows[3].operations_ratio(), 1);
}

TEST(SideCosts, CountsAsTheViewDoes) {
  CostView a, b;
  a.convention = b.convention = vit::Convention::flop;
  a.lines = {line("qkv", 100, 10, std::nullopt)};
  b.lines = {line("qkv", 300, 10, std::nullopt)};
  const std::vector<SideCost> rows = side_costs(a, b);
  EXPECT_DOUBLE_EQ(rows[0].operations_a, 200);
  EXPECT_DOUBLE_EQ(rows[0].operations_b, 600);
}

}  // namespace
}  // namespace headlight
