// Every analysis of the registry keeps the promises that pages, exports and caches build on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "engine/base/error.h"
#include "engine/maps/analysis.h"
#include "tests/unit/analysis_support.h"
#include "tests/unit/small_models.h"

namespace vit {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing_passes::pass;

/// Of a plain network, or of one with relative positions or a pool where the analysis is about those.
std::shared_ptr<const Trace> pass_for(const Analysis& analysis) {
  const auto plain = pass({.heads = 8});
  if (analysis.refusal(*plain).empty()) return plain;
  ModelConfig config = plain->model->config;
  if (std::string(analysis.id) == "pool") {
    config.pool = ModelConfig::Pool::attention;
    config.pool_hidden = 2 * config.channels;
  } else {
    config.relative_bias = ModelConfig::RelativeBias::of_each_block;
  }
  Trace like;
  like.model = testing_models::make_model(config);
  like.pixels = plain->pixels;
  return pass({.heads = 8}, &like);
}

class EveryAnalysis : public testing::TestWithParam<const Analysis*> {
 protected:
  const Analysis& analysis() const { return *GetParam(); }
  Question question() const { return {.analysis = analysis().id, .block = analysis().asks_block ? 1 : 0, .query = 2}; }
  std::shared_ptr<const Trace> trace_ = pass_for(analysis());
  const Subject subject_{trace_, pass({.heads = 2, .qkv_bias = false}, trace_.get()), true};
};

std::string sentence_of(const Analysis& analysis, const Subject& subject, const Question& question) {
  try {
    validate(analysis, subject, question);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST_P(EveryAnalysis, HasItsOwnIdAndSaysWhatItShows) {
  std::set<std::string> ids;
  for (const Analysis* one : analyses()) EXPECT_TRUE(ids.insert(one->id).second) << one->id;
  EXPECT_EQ(analysis_by_id(analysis().id), &analysis());
  EXPECT_GT(std::string(analysis().sentence).size(), 10u);
  for (const Parameter& parameter : analysis().parameters) {
    EXPECT_EQ(analysis().parameter(parameter.id), &parameter);
    EXPECT_GE(parameter.initial, parameter.low);
    if (parameter.counts == Counts::numbers) {
      EXPECT_LE(parameter.initial, parameter.high);
    }
    if (!parameter.names.empty()) {
      EXPECT_EQ(parameter.high + 1, static_cast<double>(parameter.names.size()));
    }
  }
}

TEST_P(EveryAnalysis, AnswersWithFiniteMapsThatBelongToItsQuestion) {
  const auto set = analysis().answer(asked_of(analysis(), subject_, question()), question(), {});
  ASSERT_GT(set->count(), 0);
  EXPECT_EQ(set->question, question());
  EXPECT_EQ(set->trace, trace_);
  EXPECT_EQ(set->other, analysis().compares ? subject_.other : nullptr);
  ASSERT_EQ(set->values.size(), static_cast<std::size_t>(set->count() * set->patches()));
  ASSERT_EQ(set->prefix.size(), static_cast<std::size_t>(set->count() * trace_->grid.prefix));
  ASSERT_EQ(set->own.size(), set->labels.size());
  for (const float value : set->values) ASSERT_TRUE(std::isfinite(value));
  std::set<std::string> ids;
  for (int i = 0; i < set->count(); ++i) {
    EXPECT_TRUE(ids.insert(set->labels[static_cast<std::size_t>(i)].id).second);
    EXPECT_GT(analysis().about(*set, i).size(), 20u);
    EXPECT_LE(set->own[static_cast<std::size_t>(i)].low, set->own[static_cast<std::size_t>(i)].high);
  }
  EXPECT_LT(set->all.low, set->all.high);
  ASSERT_EQ(set->of_block.size(), set->labels.size());
  for (const Range& range : set->of_block) EXPECT_LT(range.low, range.high);
}

TEST_P(EveryAnalysis, SaysInWordsWhatAFigureShowsAndWhatItsColoursCount) {
  const auto in_words = [&](const Question& asked) {
    const auto set = analysis().answer(subject_, asked, {});
    for (const std::string& text : {analysis().caption(*set, 0), analysis().caption(*set, -1)}) {
      EXPECT_GT(text.size(), 10u);
      for (const Parameter& parameter : analysis().parameters)
        EXPECT_THAT(text, Not(HasSubstr(", " + std::string(parameter.label) + " "))) << "a control's name";
      EXPECT_THAT(text, Not(HasSubstr("  ")));
    }
    EXPECT_GE(analysis().quantity(*set).size(), 5u);
    EXPECT_THAT(analysis().quantity(*set), Not(HasSubstr(";"))) << "behind which figures tell of the even share";
    EXPECT_NE(analysis().quantity(*set), analysis().name);
    EXPECT_EQ(set->curves != nullptr, analysis().has_curves);
    if (analysis().has_curves) {
      EXPECT_GT(analysis().caption_of_curves(*set).size(), 20u);
    }
  };
  in_words(question());
  for (const Parameter& parameter : analysis().parameters)
    for (double value = parameter.low; applies(parameter, trace_->model->config) && value <= parameter.high; ++value) {
      Question other = question();
      other.values[parameter.id] = value;
      in_words(other);
    }
}

TEST_P(EveryAnalysis, DependsOnTheQueryWhereItSaysSo) {
  const auto values_from = [&](Question asked, int query) {
    asked.query = query;
    return analysis().answer(subject_, asked, {})->values;
  };
  const auto compare = [&](const Question& asked) {
    EXPECT_EQ(values_from(asked, 2) != values_from(asked, 9), asks_query(analysis(), asked, trace_->model->config))
        << (asked.values.empty() ? "" : asked.values.begin()->first);
  };
  compare(question());
  for (const Parameter& parameter : analysis().parameters) {
    if (parameter.names.empty() || !applies(parameter, trace_->model->config)) continue;
    for (std::size_t value = 0; value < parameter.names.size(); ++value) {
      Question other = question();
      other.values[parameter.id] = static_cast<double>(value);
      compare(other);
    }
  }
}

TEST_P(EveryAnalysis, GivesTheSameBytesTwiceUnderAnotherSerialNumber) {
  const auto one = analysis().answer(subject_, question(), {}), two = analysis().answer(subject_, question(), {});
  EXPECT_EQ(one->values, two->values);
  EXPECT_EQ(one->prefix, two->prefix);
  EXPECT_NE(one->serial, two->serial);
}

TEST_P(EveryAnalysis, EndsEarlyAfterAStopRequest) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(analysis().answer(subject_, question(), {.stop = stop.get_token(), .progress = {}}), Cancelled);
}

TEST_P(EveryAnalysis, RefusesWhatThePassDoesNotHave) {
  EXPECT_EQ(sentence_of(analysis(), subject_, question()), "");
  Question other = question();
  other.query = 17;
  EXPECT_THAT(sentence_of(analysis(), subject_, other), HasSubstr("no token 17; the network has tokens 0 to 16"));
  other = question();
  other.block = 3;
  EXPECT_THAT(sentence_of(analysis(), subject_, other), HasSubstr("no block 3; the network has blocks 0 to 2"));
  other = question();
  other.values["no such thing"] = 1;
  EXPECT_THAT(sentence_of(analysis(), subject_, other), HasSubstr("has no parameter \"no such thing\""));
  for (const Parameter& parameter : analysis().parameters) {
    other = question();
    other.values[parameter.id] = highest(parameter, subject_, question().block) + 1;
    EXPECT_THAT(sentence_of(analysis(), subject_, other), HasSubstr(parameter.label));
  }
  const auto kept_nothing = pass({.keep = Keep::none}, trace_.get());
  EXPECT_THAT(sentence_of(analysis(), kept_nothing, question()), HasSubstr("kept"));
}

TEST_P(EveryAnalysis, AnswersEveryChoiceThatAsksAboutSideBAndRefusesItWithoutOne) {
  for (const Parameter& parameter : analysis().parameters) {
    if (!applies(parameter, trace_->model->config)) continue;
    for (int value = parameter.names_alone; parameter.names_alone > 0 && value <= parameter.high; ++value) {
      Question beside = question();
      beside.values[parameter.id] = value;
      EXPECT_TRUE(asks_other(analysis(), beside));
      EXPECT_EQ(sentence_of(analysis(), subject_, beside), "");
      const auto set = analysis().answer(subject_, beside, {});
      EXPECT_EQ(set->other, subject_.other);
      EXPECT_EQ(set->patches(), set->ground().grid.rows * set->ground().grid.cols);
      for (const float each : set->values) ASSERT_TRUE(std::isfinite(each));
      EXPECT_GT(analysis().about(*set, 0).size(), 20u);
      EXPECT_THAT(sentence_of(analysis(), trace_, beside), HasSubstr("There is no second photo"));
      EXPECT_EQ(highest(parameter, trace_), parameter.names_alone - 1);
      EXPECT_THAT(sentence_of(analysis(), {trace_, pass({})}, beside), HasSubstr("Side B runs another network"));
    }
  }
  if (analysis().compares) {
    EXPECT_THAT(sentence_of(analysis(), trace_, question()), HasSubstr("needs a side B"));
  }
}

TEST(AsksQuery, OfANetworkWithoutClassesWhereItsFeaturesAreComparedWithTheQuerys) {
  ModelConfig config = testing_models::small_config();
  const auto asks = [&](const char* id, double compared) {
    return asks_query(*analysis_by_id(id), {.analysis = id, .values = {{"compared", compared}}}, config);
  };
  for (const char* id : {"gradcam", "class-rollout"}) {
    config.classes = 0;
    EXPECT_FALSE(asks(id, 0)) << id << ": with themselves";
    EXPECT_TRUE(asks(id, 1)) << id << ": with the query's";
    EXPECT_FALSE(asks(id, 2)) << id << ": with those of a second photo";
    EXPECT_TRUE(asks(id, 3)) << id << ": the query's with those of a second photo";
    config.classes = 5;
    EXPECT_FALSE(asks(id, 1)) << id << ": there are classes";
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryAnalysis, testing::ValuesIn(analyses().begin(), analyses().end()),
                         [](const auto& test) {
                           std::string name = test.param->id;
                           std::replace(name.begin(), name.end(), '-', '_');  // GoogleTest takes no hyphens
                           return name;
                         });

}  // namespace
}  // namespace vit
