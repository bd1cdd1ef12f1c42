#include "engine/cost/cost_notes.h"
#include "tests/unit/small_models.h"

#include <algorithm>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vit {
namespace {

using ::testing::HasSubstr;
using testing_models::vit_base;

std::vector<Finding> findings(int heads, Kernel kernel = Kernel::eager, bool bias = true) {
  const ModelConfig config = vit_base();
  Settings settings;
  settings.blocks.assign(12, {heads, {}});
  settings.kernel = kernel;
  settings.qkv_bias = bias;
  return note_findings(CostTable(config, {1, 14, 14}, settings));
}

const Finding& find(const std::vector<Finding>& all, const std::string& id) {
  return *std::find_if(all.begin(), all.end(), [&](const Finding& f) { return f.id == id; });
}

TEST(NoteFindings, TheShareThatDependsOnTheHeads) {
  const double N = 197, C = 768;
  for (double h : {1.0, 12.0, 768.0}) {
    const double scores = 6 * N * N * h;
    const double module = 2 * (4 * N * C * C + 2 * N * N * C) + 4 * N * C + scores;
    EXPECT_NEAR(find(findings(static_cast<int>(h)), "heads.module").share, scores / module, 1e-12) << h << " heads";
  }
}

TEST(NoteFindings, AttentionProductsOutweighTheProjectionsBeyondTwiceTheChannels) {
  const double N = 197, C = 768;
  const Finding tokens = find(findings(12), "tokens");
  EXPECT_NEAR(tokens.share, 2 * N * N * C / (4 * N * C * C + 2 * N * N * C), 1e-12);
  EXPECT_THAT(tokens.sentence, HasSubstr("2C = 1536 tokens"));
}

TEST(NoteFindings, SentencesFollowTheSettings) {
  EXPECT_THAT(find(findings(12, Kernel::tiled), "scores").sentence, HasSubstr("never stores"));
  EXPECT_THAT(find(findings(12, Kernel::eager), "scores").sentence, HasSubstr("writes and reads"));
  EXPECT_EQ(find(findings(12, Kernel::eager, false), "bias").share, 0);
  EXPECT_THAT(find(findings(1), "heads.module").sentence, HasSubstr("at 1 head they"));
}

TEST(NoteFindings, EveryOperatorIsExplained) {
  for (int i = 0; i < kOpCount; ++i) EXPECT_GT(std::strlen(explanation_of(static_cast<Op>(i))), 10u) << i;
}

}  // namespace
}  // namespace vit
