// Each head's effect against an independent NumPy forward pass in double precision: tests/golden/ablation/.
#include "engine/maps/ablation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/base/error.h"
#include "tests/unit/analysis_support.h"
#include "tests/unit/engine/maps/golden_trace.h"

namespace {

using vit::HeadEffect;

TEST(GoldenAblation, EveryHeadsEffectIsThatOfTheReference) {
  const auto reference = vit::open_tensor_file(golden::root() / "ablation" / "ablation.safetensors");
  double tokens = 0, features = 0, logits = 0;
  int compared = 0;
  for (const vit::Json& one : vit::read_json(golden::root() / "ablation" / "ablation.json").items) {
    const std::string network = golden::field(one, "network").text;
    const int block = golden::integer(one, "block");
    const std::string key = network + " block=" + std::to_string(block);
    const auto trace = golden::trace_of(network);
    const bool classes = golden::integer(one, "classes") > 0;
    ASSERT_EQ(classes, !trace->logits.empty()) << network;
    const auto effects = vit::head_effects(*trace, classes ? vit::likeliest_class(*trace) : -1, {});
    const std::vector<float> of_tokens = reference->read_all(key + " tokens");
    const std::vector<float> of_features = reference->read_all(key + " features");
    const std::vector<float> of_logits = classes ? reference->read_all(key + " logit") : std::vector<float>{};
    for (const HeadEffect& effect : *effects) {
      if (effect.block != block) continue;
      const auto head = static_cast<std::size_t>(effect.head), count = effect.tokens.size();
      for (std::size_t t = 0; t < count; ++t)
        tokens = std::max(tokens, std::abs(static_cast<double>(effect.tokens[t]) - of_tokens[head * count + t]));
      features = std::max(features, std::abs(effect.features - of_features[head]));
      if (classes) logits = std::max(logits, std::abs(effect.logit - of_logits[head]));
      ++compared;
    }
  }
  EXPECT_GE(compared, 12);
  EXPECT_LT(tokens, 1e-5);
  EXPECT_LT(features, 1e-5);
  EXPECT_LT(logits, 1e-5);
  std::printf("ablation: %d heads, largest errors: tokens %.1e, features %.1e, logits %.1e\n", compared, tokens,
              features, logits);
}

TEST(Ablation, RanksTheHeadsByTheSizeOfTheirEffect) {
  const auto trace = vit::testing_passes::pass({.heads = 8});
  const vit::Analysis& analysis = *vit::analysis_by_id("ablation");
  for (const double by : {0.0, 1.0}) {
    const auto set = analysis.answer(trace, {.analysis = "ablation", .values = {{"by", by}}}, {});
    ASSERT_EQ(set->count(), 24);
    std::vector<float> by_rank(24, -1);
    for (int map = 0; map < 24; ++map)
      by_rank[static_cast<std::size_t>(set->table->at(map, 0)) - 1] = std::abs(set->table->at(map, 1));
    for (std::size_t i = 0; i + 1 < by_rank.size(); ++i) EXPECT_GE(by_rank[i], by_rank[i + 1]) << i;
    EXPECT_GE(by_rank.back(), 0);
  }
}

TEST(Ablation, AHeadThatIsOffAlreadyChangesNothing) {
  auto trace = vit::testing_passes::pass({});
  vit::PassInput input{.model = trace->model, .pixels = trace->pixels, .settings = trace->settings, .extent = {}};
  input.settings.switch_head(1, 2, true);
  vit::Pool pool(1);
  vit::Meter meter;
  trace = vit::forward(input, meter, pool);
  const auto effects = vit::head_effects(*trace, 0, {});
  const HeadEffect& off = (*effects)[4 + 2];
  ASSERT_EQ(off.block, 1);
  EXPECT_TRUE(off.was_off);
  EXPECT_EQ(off.logit, 0);
  EXPECT_EQ(off.features, 0);
}

TEST(Ablation, APassThatEndedEarlyIsRefused) {
  auto trace = vit::testing_passes::pass({});
  vit::PassInput input{.model = trace->model, .pixels = trace->pixels, .settings = trace->settings, .extent = {}};
  input.settings.keep = vit::Keep::qk;
  input.extent.last_maps = 1;
  vit::Pool pool(1);
  vit::Meter meter;
  trace = vit::forward(input, meter, pool);
  EXPECT_THAT(vit::analysis_by_id("ablation")->refusal(*trace), testing::HasSubstr("run all of it"));
}

TEST(Ablation, EndsSoonAfterAStopRequest) {
  const auto trace = vit::testing_passes::pass({});
  std::stop_source stop;
  int steps = 0;
  EXPECT_THROW(vit::head_effects(*trace, 3,
                                 {.stop = stop.get_token(),
                                  .progress =
                                      [&](double) {
                                        if (++steps == 4) stop.request_stop();
                                      }}),
               vit::Cancelled);
  EXPECT_LE(steps, 5);
}

TEST(Ablation, KeepsTheAnswerOfOneClassWhileAnotherIsCancelled) {
  const auto trace = vit::testing_passes::pass({});
  const auto of_three = vit::head_effects(*trace, 3, {});
  std::stop_source stop;
  EXPECT_THROW(vit::head_effects(*trace, 2,
                                 {.stop = stop.get_token(),
                                  .progress =
                                      [&](double done) {
                                        if (done > 0.3) stop.request_stop();
                                      }}),
               vit::Cancelled);
  EXPECT_EQ(vit::head_effects(*trace, 3, {}), of_three) << "the same object";
}

TEST(Ablation, GoesOnWithTheNextHeadWhereItWasStopped) {
  const auto trace = vit::testing_passes::pass({}), same = vit::testing_passes::pass({});
  std::stop_source stop;
  double reached = 0;
  EXPECT_THROW(vit::head_effects(*trace, 3,
                                 {.stop = stop.get_token(),
                                  .progress =
                                      [&](double done) {
                                        reached = done;
                                        if (done > 0.5) stop.request_stop();
                                      }}),
               vit::Cancelled);
  std::vector<double> heard;
  const auto effects = vit::head_effects(*trace, 3, {.progress = [&](double done) { heard.push_back(done); }});
  ASSERT_GE(heard.size(), 2u);
  EXPECT_GE(heard[1], reached) << "behind the first word of all";
  const auto at_once = vit::head_effects(*same, 3, {});
  ASSERT_EQ(effects->size(), at_once->size());
  for (std::size_t i = 0; i < effects->size(); ++i) {
    EXPECT_EQ((*effects)[i].block, (*at_once)[i].block);
    EXPECT_EQ((*effects)[i].head, (*at_once)[i].head);
    EXPECT_EQ((*effects)[i].tokens, (*at_once)[i].tokens);
  }
}

}  // namespace
