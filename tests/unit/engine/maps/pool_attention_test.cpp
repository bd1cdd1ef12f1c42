// Names of the maps of what looks behind the blocks.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "engine/maps/analysis.h"
#include "tests/unit/engine/maps/golden_trace.h"

namespace vit {
namespace {

TEST(PoolAttention, EveryMapOfClassBlocksHasItsOwnNameHoweverShort) {
  const auto trace = golden::trace_of("families/cait");
  const auto set = analysis_by_id("pool")->answer(Subject(trace), {.analysis = "pool"}, {});
  std::set<std::string> titles, briefs;
  for (const MapLabel& label : set->labels) {
    titles.insert(label.title);
    briefs.insert(label.brief);
  }
  EXPECT_EQ(static_cast<int>(titles.size()), set->count());
  EXPECT_EQ(static_cast<int>(briefs.size()), set->count());
  EXPECT_EQ(briefs.count(""), 0u);
}

}  // namespace
}  // namespace vit
