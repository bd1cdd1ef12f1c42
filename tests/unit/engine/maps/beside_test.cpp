// Two passes beside each other, against an independent NumPy implementation in double precision: tests/golden/beside/.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "engine/base/error.h"
#include "engine/maps/alignment.h"
#include "engine/maps/analysis.h"
#include "engine/maps/block_tokens.h"
#include "tests/unit/analysis_support.h"
#include "tests/unit/engine/maps/golden_trace.h"

namespace vit {
namespace {

using ::testing::HasSubstr;
using testing_passes::pass;

/// The pairs of beside.json.
class Beside : public testing::Test {
 protected:
  struct Pair {
    const Json* facts = nullptr;
    Subject subject;
    std::string key;  // before the names of its tensors
  };
  std::vector<Pair> pairs() const {
    std::vector<Pair> all;
    for (std::size_t i = 0; i < list_.items.size(); ++i) {
      const Json& one = list_.items[i];
      const auto trace = [&](const char* network, const char* run) {
        return golden::trace_of(golden::field(one, network).text, golden::field(one, run).text);
      };
      all.push_back({&one,
                     {trace("a", "run_a"), trace("b", "run_b"), golden::integer(one, "same_photo") == 1},
                     std::to_string(i) + " "});
    }
    return all;
  }
  static std::string name_of(const Pair& pair) {
    return golden::field(*pair.facts, "a").text + golden::field(*pair.facts, "run_a").text + " beside " +
           golden::field(*pair.facts, "b").text + golden::field(*pair.facts, "run_b").text;
  }
  bool has(const Pair& pair, const std::string& name) const { return file_->entries().count(pair.key + name) > 0; }
  std::vector<float> read(const Pair& pair, const std::string& name) const { return file_->read_all(pair.key + name); }
  /// Relative to max(1, the largest value).
  void compare(const Pair& pair, const std::string& name, const std::vector<float>& found) {
    const double error = golden::relative_error(read(pair, name), found);
    EXPECT_LT(error, 2e-5) << name_of(pair) << " " << name;
    double& largest = largest_[name.substr(0, name.find('.'))];
    largest = std::max(largest, error);
    ++compared_;
  }
  void TearDown() override {
    std::printf("%d tensors; largest errors:", compared_);
    for (const auto& [kind, error] : largest_) std::printf(" %s %.1e", kind.c_str(), error);
    std::printf("\n");
  }

  const std::filesystem::path folder_ = golden::root() / "beside";
  const Json list_ = read_json(folder_ / "beside.json");
  const std::shared_ptr<const TensorFile> file_ = open_tensor_file(folder_ / "beside.safetensors");
  std::map<std::string, double> largest_;
  int compared_ = 0;
};

std::shared_ptr<const MapSet> ask(const Subject& subject, const Question& question) {
  const Analysis& analysis = *analysis_by_id(question.analysis);
  validate(analysis, subject, question);
  return analysis.answer(asked_of(analysis, subject, question), question, {});
}

std::string refusal(const Subject& subject, const Question& question) {
  try {
    validate(*analysis_by_id(question.analysis), subject, question);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST_F(Beside, DifferencesAndTheirNumbersAreThoseOfTheRecordedAttention) {
  constexpr std::pair<Direction, const char*> kWays[] = {
      {Direction::looks_at, "row"}, {Direction::looked_at_by, "column"}, {Direction::product, "product"}};
  for (const Pair& pair : pairs()) {
    for (const Json& asked : golden::field(*pair.facts, "asked").items)
      for (const auto& [direction, way] : kWays) {
        const int block = static_cast<int>(asked.items[0].integer.value());
        const int query = static_cast<int>(asked.items[1].integer.value());
        Question question{.analysis = "difference", .block = block, .query = query, .direction = direction};
        const auto set = ask(pair.subject, question);
        const std::string at = std::to_string(block) + "." + std::to_string(query) + "." + way;
        compare(pair, "difference." + at, set->values);
        compare(pair, "numbers." + at, set->table->values);
        question.values["show"] = 1;
        const auto a = ask(pair.subject, question);
        question.values["show"] = 2;
        const auto b = ask(pair.subject, question);
        for (std::size_t i = 0; i < set->values.size(); ++i)
          if (set->values[i] != 0) {
            EXPECT_FLOAT_EQ(a->values[i] - b->values[i], set->values[i]) << name_of(pair);
          }
      }
    for (const Json& token : golden::field(*pair.facts, "refused").items) {
      const int query = static_cast<int>(token.integer.value());
      EXPECT_THAT(refusal(pair.subject, {.analysis = "difference", .query = query}), HasSubstr("Side B"));
      EXPECT_FALSE(Alignment(pair.subject).token(query));
    }
  }
}

TEST_F(Beside, SimilarityOnTheSecondPhotoIsThatOfTheRecordedTokens) {
  for (const Pair& pair : pairs()) {
    if (pair.facts->find("queries") == nullptr) continue;
    const int depth = static_cast<int>(pair.subject.trace->blocks.size());
    for (int block = 0; block < depth; ++block)
      for (std::size_t kind = 0; kind < kTokenKindNames.size(); ++kind) {
        const std::string name = "similarity." + std::to_string(block) + "." + kTokenKindNames[kind];
        if (!has(pair, name)) continue;
        std::vector<float> rows;
        for (const Json& query : golden::field(*pair.facts, "queries").items) {
          const auto set = ask(pair.subject, {.analysis = "similarity",
                                              .query = static_cast<int>(query.integer.value()),
                                              .values = {{"of", static_cast<double>(kind)}, {"photo", 1}}});
          EXPECT_TRUE(set->on_other);
          const auto map = set->map(set->find(block, kNoHead));
          rows.insert(rows.end(), map.begin(), map.end());
        }
        compare(pair, name, rows);
      }
  }
}

TEST_F(Beside, ComponentsOfBothPhotosHaveOneBasis) {
  for (const Pair& pair : pairs()) {
    if (pair.facts->find("queries") == nullptr) continue;
    const int depth = static_cast<int>(pair.subject.trace->blocks.size());
    // Of both photos: side A's patches, then side B's.
    const auto scores_of = [&](Question question) {
      question.values["photos"] = 1;
      const auto first = ask(pair.subject, question);
      question.values["photos"] = 2;
      const auto second = ask(pair.subject, question);
      EXPECT_FALSE(first->on_other);
      EXPECT_TRUE(second->on_other);
      EXPECT_EQ(first->beside->values, second->values) << "the other photo beside the first one is the second one";
      std::vector<float> scores;
      for (int i = 1; i <= 3; ++i)
        for (const auto& set : {first, second}) scores.insert(scores.end(), set->map(i).begin(), set->map(i).end());
      return std::pair(scores, std::vector<float>(first->facts.begin(), first->facts.begin() + 3));
    };
    for (int block = 0; block < depth; ++block) {
      const std::string at = "." + std::to_string(block);
      for (std::size_t kind = 0; kind < kTokenKindNames.size(); ++kind) {
        const std::string name = at + "." + kTokenKindNames[kind];
        if (!has(pair, "components" + name)) continue;
        const auto [scores, shares] =
            scores_of({.analysis = "components", .block = block, .values = {{"of", static_cast<double>(kind)}}});
        compare(pair, "components" + name, scores);
        compare(pair, "ratios" + name, shares);
      }
      if (!has(pair, "refitted" + at)) continue;
      compare(pair, "refitted" + at,
              scores_of({.analysis = "components", .block = block, .values = {{"foreground", 2}, {"threshold", 0.25}}})
                  .first);
    }
  }
}

TEST(SecondTarget, GradientsOfALikenessToTheSecondPhotoAreThoseOfAutograd) {
  const auto file = open_tensor_file(golden::root() / "beside" / "second_target.safetensors");
  double largest = 0;
  int cases = 0;
  for (const auto& [name, entry] : file->entries()) {
    char network[64];
    int token = 0, other = 0;
    if (std::sscanf(name.c_str(), "%63s %d %d value", network, &token, &other) != 3 || !name.ends_with(" value"))
      continue;
    ++cases;
    const std::string key = name.substr(0, name.size() - 5);
    const auto a = golden::trace_of(network), b = golden::trace_of(network, ".wide");
    Question question{.query = token};
    question.values["compared"] = token == 0 ? 2 : 3;
    question.values["patch"] = other == 0 ? -1 : other - b->grid.prefix;
    for (int block = 0; block < static_cast<int>(a->blocks.size()); ++block) {
      const auto error = [&](const char* id, const std::string& tensor, int head, const std::vector<float>& found) {
        const std::vector<float> reference = file->read_all(key + tensor + "." + std::to_string(block));
        float scale = 1e-20f;
        for (const float value : reference) scale = std::max(scale, std::abs(value));
        const double relative = golden::largest_error(reference, found) / scale;
        EXPECT_LT(relative, 1e-4) << key << id << " block " << block << " head " << head;
        largest = std::max(largest, relative);
      };
      question.block = 0;
      question.analysis = "class-rollout";
      const auto rollout = ask({a, b}, question);
      const int index = rollout->find(block, kNoHead);
      std::vector<float> row(rollout->prefix_of(index).begin(), rollout->prefix_of(index).end());
      row.insert(row.end(), rollout->map(index).begin(), rollout->map(index).end());
      error("class-rollout", "rollout", kNoHead, row);
      question.analysis = "gradcam";
      const auto cam = ask({a, b}, question);
      const auto map = cam->map(cam->find(block, kNoHead));
      error("gradcam", "gradcam", kNoHead, {map.begin(), map.end()});
      EXPECT_THAT(analysis_by_id("gradcam")->about(*cam, block),
                  HasSubstr("on the second photo (cosine " +
                            std::string(file->read_all(key + "value").front() < 0 ? "-" : "")));
    }
  }
  EXPECT_EQ(cases, 12);
  std::printf("%d likenesses to a second photo: largest error %.1e of the largest value\n", cases, largest);
}

TEST(Difference, OfAPassWithItselfIsZeroAndSaysNothingOfTheGrid) {
  const auto trace = pass({});
  const auto set = ask({trace, trace, true}, {.analysis = "difference", .block = 1, .query = 3});
  for (const float value : set->values) EXPECT_EQ(value, 0);
  EXPECT_EQ(set->scale, Scale::about_zero);
  for (int i = 0; i < set->count(); ++i) {
    EXPECT_FLOAT_EQ(set->table->at(i, 0), 1) << "correlation";
    EXPECT_EQ(set->table->at(i, 2), 0) << "moved";
    EXPECT_LT(set->range(i, {}).low, 0);
    EXPECT_EQ(set->range(i, {}).low, -set->range(i, {}).high);
  }
  const std::string words = analysis_by_id("difference")->about(*set, 2);
  EXPECT_THAT(words, HasSubstr("Head 0 of block 1, from the patch (0, 2): correlation 1.00"));
  EXPECT_THAT(words, testing::Not(HasSubstr("by area")));
}

TEST(Difference, FewerBlocksAndHeadsOfSideBAreSaid) {
  const auto a = pass({}), b = pass({.model = "random:C=24,L=2,h=2,P=16,S=32,K=5,seed=4"});
  const auto set = ask({a, b, true}, {.analysis = "difference", .block = 2, .query = 0});
  EXPECT_EQ(set->side_b->question.block, 1);
  EXPECT_EQ(set->count(), 4) << "mean, maximum and the two heads that both have";
  const std::string words = analysis_by_id("difference")->about(*set, 0);
  EXPECT_THAT(words, HasSubstr("Side B has 2 blocks: its last one, 1, stands beside block 2."));
  EXPECT_THAT(words, HasSubstr("Side B has only 2 of the 4 heads here."));
  EXPECT_THAT(words, HasSubstr("Side B's 2×2 patches are brought to side A's 4×4 by area."));
}

TEST(Difference, TheBlockOfSideBIsNamedWhereItIsAnother) {
  const auto a = pass({}), b = pass({.model = "random:C=24,L=2,h=2,P=16,S=32,K=5,seed=4"});
  const Analysis& difference = *analysis_by_id("difference");
  const auto set = [&](int block, double block_b) {
    return ask({a, b, true}, {.analysis = "difference", .block = block, .query = 0, .values = {{"block_b", block_b}}});
  };
  EXPECT_THAT(difference.about(*set(1, -1), 0), testing::Not(HasSubstr("stands beside")));
  EXPECT_THAT(difference.about(*set(2, -1), 0), HasSubstr("its last one, 1, stands beside block 2."));
  EXPECT_THAT(difference.about(*set(0, 1), 0), HasSubstr("Block 1 of side B stands beside block 0."));
}

TEST(Difference, NamesBothPassesAndKeepsEachSidesOwnAnswer) {
  const auto a = pass({}), b = pass({.qkv_bias = false}, a.get());
  const auto set = ask({a, b, true}, {.analysis = "difference", .block = 1, .query = 3});
  EXPECT_EQ(set->trace, a);
  EXPECT_EQ(set->other, b);
  EXPECT_EQ(set->side_a->trace, a);
  EXPECT_EQ(set->side_b->trace, b);
  for (int i = 0; i < set->count(); ++i)
    for (std::size_t p = 0; p < set->map(i).size(); ++p)
      EXPECT_EQ(set->map(i)[p], set->side_a->map(i)[p] - set->side_b->map(i)[p]);
}

}  // namespace
}  // namespace vit
