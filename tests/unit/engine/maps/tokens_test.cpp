// What the tokens hold, against an independent NumPy implementation in double precision: tests/golden/tokens/.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/base/error.h"
#include "engine/maps/analysis.h"
#include "engine/maps/block_tokens.h"
#include "engine/maps/principal.h"
#include "engine/maps/readout.h"
#include "tests/unit/analysis_support.h"
#include "tests/unit/engine/maps/golden_trace.h"

namespace vit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing_passes::pass;

std::shared_ptr<const MapSet> ask(const char* id, const std::shared_ptr<const Trace>& trace, int block = 0,
                                  int query = 0, std::map<std::string, double> values = {}) {
  const Analysis& analysis = *analysis_by_id(id);
  const Question question{.analysis = id,
                          .block = analysis.asks_block ? block : 0,
                          .query = analysis.asks_query ? query : 0,
                          .values = std::move(values)};
  validate(analysis, trace, question);
  return analysis.answer(trace, question, {});
}

/// (N) prefix tokens first.
std::vector<float> row_of(const MapSet& set, int index) {
  std::vector<float> row(set.prefix_of(index).begin(), set.prefix_of(index).end());
  row.insert(row.end(), set.map(index).begin(), set.map(index).end());
  return row;
}

/// The tensors of one network, and the largest error against each kind of them, relative to max(1, its largest value).
class Reference {
 public:
  explicit Reference(std::string network)
      : network_(std::move(network)), file_(open_tensor_file(golden::root() / "tokens" / "tokens.safetensors")) {}
  bool has(const std::string& name) const { return file_->entries().count(network_ + " " + name) > 0; }
  std::vector<float> read(const std::string& name) const { return file_->read_all(network_ + " " + name); }
  void compare(const std::string& name, const std::vector<float>& found) {
    const double error = golden::relative_error(read(name), found);
    EXPECT_LT(error, 2e-5) << network_ << " " << name;
    double& largest = errors()[name.substr(0, name.find('.'))];
    largest = std::max(largest, error);
    ++compared();
  }
  static std::map<std::string, double>& errors() {
    static std::map<std::string, double> errors;
    return errors;
  }
  static int& compared() {
    static int count = 0;
    return count;
  }

 private:
  std::string network_;
  std::shared_ptr<const TensorFile> file_;
};

void compare_similarity(Reference& reference, const std::shared_ptr<const Trace>& trace, const Json& one) {
  const int depth = golden::integer(one, "depth");
  for (int block = 0; block < depth; ++block)
    for (std::size_t kind = 0; kind < kTokenKindNames.size(); ++kind) {
      const std::string name = "similarity." + std::to_string(block) + "." + kTokenKindNames[kind];
      if (!reference.has(name)) continue;
      std::vector<float> rows;
      for (const Json& query : golden::field(one, "queries").items) {
        const auto set =
            ask("similarity", trace, 0, static_cast<int>(query.integer.value()), {{"of", static_cast<double>(kind)}});
        const std::vector<float> row = row_of(*set, set->find(block, kNoHead));
        rows.insert(rows.end(), row.begin(), row.end());
      }
      reference.compare(name, rows);
    }
}

void compare_components(Reference& reference, const std::shared_ptr<const Trace>& trace, int depth) {
  for (int block = 0; block < depth; ++block) {
    const std::string at = "." + std::to_string(block);
    for (std::size_t kind = 0; kind < kTokenKindNames.size(); ++kind) {
      const std::string name = at + "." + kTokenKindNames[kind];
      if (!reference.has("components" + name)) continue;
      const auto set = ask("components", trace, block, 0, {{"of", static_cast<double>(kind)}});
      std::vector<float> scores, shares(set->facts.begin(), set->facts.begin() + 3);
      for (int i = 1; i <= 3; ++i) scores.insert(scores.end(), set->map(i).begin(), set->map(i).end());
      reference.compare("components" + name, scores);
      reference.compare("ratios" + name, shares);
    }
    if (!reference.has("refitted" + at)) continue;
    const auto set = ask("components", trace, block, 0, {{"foreground", 2}, {"threshold", 0.25}});
    std::vector<float> scores;
    for (int i = 1; i <= 3; ++i) scores.insert(scores.end(), set->map(i).begin(), set->map(i).end());
    reference.compare("refitted" + at, scores);
  }
}

void compare_lens(Reference& reference, const std::shared_ptr<const Trace>& trace, int depth, int chosen) {
  const auto set = ask("lens", trace);
  std::vector<float> maps;
  for (int block = 0; block < depth; ++block) maps.insert(maps.end(), set->map(block).begin(), set->map(block).end());
  if (!reference.has("logits")) {
    reference.compare("alike", maps);
    return reference.compare("features", set->curves->curves.front().values);
  }
  EXPECT_EQ(static_cast<int>(set->facts.front()), chosen);
  reference.compare("patches", maps);
  std::vector<float> logits;
  const Readout readout(*trace);
  for (int block = 0; block < depth; ++block) {
    const std::vector<float> row = readout.logits(readout.normed(block));
    logits.insert(logits.end(), row.begin(), row.end());
  }
  reference.compare("logits", logits);
  const std::vector<double> last = softmax_of(trace->logits);
  for (const BlockCurves::Curve& curve : set->curves->curves)
    if (curve.chosen) {
      EXPECT_NEAR(curve.values.back(), last[static_cast<std::size_t>(chosen)], 1e-6);
    }
}

TEST(GoldenTokens, EveryViewIsThatOfTheReference) {
  const Json cases = read_json(golden::root() / "tokens" / "tokens.json");
  for (const Json& one : cases.items) {
    const std::string network = golden::field(one, "network").text;
    SCOPED_TRACE(network);
    const auto trace = golden::trace_of(network);
    Reference reference(network);
    const int depth = golden::integer(one, "depth");
    ASSERT_EQ(trace->grid.prefix, golden::integer(one, "prefix"));
    compare_similarity(reference, trace, one);
    compare_components(reference, trace, depth);
    compare_lens(reference, trace, depth, golden::integer(one, "class"));
    std::vector<float> rows;
    const auto norms = ask("norms", trace);
    for (int block = 0; block < depth; ++block) {
      const std::vector<float> row = row_of(*norms, block);
      rows.insert(rows.end(), row.begin(), row.end());
    }
    reference.compare("norms", rows);
    if (!reference.has("positions")) continue;
    rows.clear();
    for (const Json& query : golden::field(one, "queries").items) {
      const std::vector<float> row = row_of(*ask("positions", trace, 0, static_cast<int>(query.integer.value())), 0);
      rows.insert(rows.end(), row.begin(), row.end());
    }
    reference.compare("positions", rows);
  }
  EXPECT_GE(Reference::compared(), 190);
  for (const auto& [kind, error] : Reference::errors()) std::printf("%-12s largest error %.1e\n", kind.c_str(), error);
}

TEST(Principal, FindsTheComponentsOfALargeMatrixThatWasMadeOfThem) {
  // Cosines are orthogonal: rows of one set times columns of another, with known strengths, and weaker ones behind
  // them.
  constexpr int kRows = 470, kCols = 455, kMade = 20;
  const auto wave = [](int size, int number, int at) {
    return std::sqrt(2.0 / size) * std::cos(M_PI / size * (at + 0.5) * number);
  };
  const auto strength = [](int number) { return 100.0 / (1 + number); };
  Matrix rows(kRows, kCols);
  for (int k = 0; k < kMade; ++k) {
    std::vector<double> across;
    across.reserve(kCols);
    for (int c = 0; c < kCols; ++c) across.push_back(strength(k) * wave(kCols, k + 1, c));
    for (int r = 0; r < kRows; ++r) {
      const double down = wave(kRows, k + 1, r);
      for (int c = 0; c < kCols; ++c) rows(r, c) += static_cast<float>(down * across[static_cast<std::size_t>(c)]);
    }
  }
  for (int r = 0; r < kRows; ++r)
    for (int c = 0; c < kCols; ++c) rows(r, c) += 5;  // a mean that does not matter
  double variance = 0;
  for (int k = 0; k < kMade; ++k) variance += strength(k) * strength(k);
  int steps = 0;
  const Components found = principal_components(rows.view(), [&](double) { ++steps; });
  ASSERT_EQ(found.scores.size(), 3u);
  EXPECT_GT(steps, 3);
  for (int i = 0; i < 3; ++i) {
    const std::vector<float>& scores = found.scores[static_cast<std::size_t>(i)];
    EXPECT_NEAR(found.shares[static_cast<std::size_t>(i)], strength(i) * strength(i) / variance, 1e-5);
    double dot = 0;
    for (int r = 0; r < kRows; ++r) dot += scores[static_cast<std::size_t>(r)] * wave(kRows, i + 1, r);
    EXPECT_NEAR(std::abs(dot), strength(i), 1e-3) << "component " << i;
  }
}

TEST(Principal, TokensThatAreAllEqualHaveNone) {
  Matrix rows(8, 5);
  for (int r = 0; r < 8; ++r)
    for (int c = 0; c < 5; ++c) rows(r, c) = static_cast<float>(c);
  EXPECT_TRUE(principal_components(rows.view(), [](double) {}).scores.empty());
}

/// The pass with the last block's output of one patch made longer.
std::shared_ptr<const Trace> with_long_patch(const Trace& trace, int patch, float factor) {
  auto other = std::make_shared<Trace>();
  other->model = trace.model;
  other->pixels = trace.pixels;
  other->settings = trace.settings;
  other->grid = trace.grid;
  other->run = trace.run + 1000000;
  other->blocks = trace.blocks;
  other->output = Matrix(trace.output.view());
  other->features = Matrix(trace.features.view());
  other->logits = trace.logits;
  for (int c = 0; c < other->output.cols(); ++c) other->output(trace.grid.prefix + patch, c) *= factor;
  return other;
}

TEST(Norms, MarkWhatIsManyTimesAsLongAsTheMedianAndSayWhere) {
  const auto plain = pass({});
  EXPECT_THAT(analysis_by_id("norms")->about(*ask("norms", plain), 2),
              HasSubstr("None of 16 is more than 2 × as long"));
  const auto trace = with_long_patch(*plain, 6, 7.f);
  const auto set = ask("norms", trace);
  EXPECT_TRUE(set->labels[0].marked.empty());
  EXPECT_THAT(set->labels[2].marked, ElementsAre(6));
  EXPECT_THAT(analysis_by_id("norms")->about(*set, 2), HasSubstr("1 of 16 is more than 2 × as long and is marked"));
  EXPECT_THAT(analysis_by_id("norms")->about(*set, 2), HasSubstr("(1, 2)"));
  EXPECT_TRUE(ask("norms", trace, 0, 0, {{"beyond", 10}})->labels[2].marked.empty());
}

TEST(Components, TheForegroundIsBeyondTheThresholdAndTheRestIsNotCovered) {
  const auto trace = pass({});
  const auto all = ask("components", trace, 1),
             set = ask("components", trace, 1, 0, {{"foreground", 1}, {"threshold", 0.5}});
  EXPECT_EQ(all->chosen, 0);
  EXPECT_EQ(ask("components", trace, 1, 0, {{"show", 2}})->chosen, 2);
  const PatchMap drawn = set->patch_map(0);
  ASSERT_EQ(drawn.paint.size(), 4u * 16u);
  int covered = 0;
  for (std::size_t p = 0; p < 16; ++p) {
    EXPECT_EQ(drawn.paint[3 * 16 + p], set->map(0)[p] > *set->labels[0].limit ? 1.f : 0.f);
    covered += drawn.paint[3 * 16 + p] > 0 ? 1 : 0;
    EXPECT_EQ(all->patch_map(0).paint[3 * 16 + p], 1.f);
  }
  EXPECT_GT(covered, 0);
  EXPECT_LT(covered, 16);
  EXPECT_THAT(analysis_by_id("components")->about(*set, 0),
              HasSubstr(std::to_string(covered) + " of 16 patches are foreground"));
  const auto none = ask("components", trace, 1, 0, {{"foreground", 2}, {"threshold", 3}});
  EXPECT_THAT(analysis_by_id("components")->about(*none, 0), HasSubstr("too few"));
}

TEST(Lens, SaysWhereTheAnswerSettlesAndFollowsTheClass) {
  const auto trace = pass({});
  const auto set = ask("lens", trace);
  const int last = static_cast<int>(set->facts.back());
  EXPECT_EQ(last,
            static_cast<int>(std::max_element(trace->logits.begin(), trace->logits.end()) - trace->logits.begin()));
  for (int block = set->curves->mark; block < 3; ++block)
    EXPECT_EQ(static_cast<int>(set->facts[static_cast<std::size_t>(block) + 1]), last);
  if (set->curves->mark > 0) {
    EXPECT_NE(static_cast<int>(set->facts[static_cast<std::size_t>(set->curves->mark)]), last);
  }
  const auto other = ask("lens", trace, 0, 0, {{"class", 3}});
  EXPECT_EQ(static_cast<int>(other->facts.front()), 3);
  EXPECT_TRUE(std::any_of(other->curves->curves.begin(), other->curves->curves.end(),
                          [](const BlockCurves::Curve& curve) { return curve.chosen && curve.name == "class 3"; }));
  // The class token's row of the map is what the network says.
  EXPECT_NEAR(other->prefix_of(2)[0], trace->logits[3], 1e-4);
  EXPECT_THROW(ask("lens", trace, 0, 0, {{"class", 5}}), Error);
  EXPECT_THROW(ask("lens", trace, 0, 0, {{"class", 1.5}}), Error);
}

TEST(Tokens, APassThatEndsEarlyIsRefusedByItsReason) {
  const auto trace = pass({});
  Trace early;
  early.model = trace->model;
  early.grid = trace->grid;
  early.settings = trace->settings;
  early.blocks = {trace->blocks[0]};
  for (const char* id : {"similarity", "components", "norms", "lens"})
    EXPECT_THAT(analysis_by_id(id)->refusal(early), HasSubstr("ended before the last block's output")) << id;
  EXPECT_THAT(analysis_by_id("positions")->refusal(*golden::trace_of("families/timm_dinov3")),
              HasSubstr("turns queries and keys by their place"));
}

}  // namespace
}  // namespace vit
