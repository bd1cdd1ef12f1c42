// The analyses for a class against PyTorch's autograd in float64: tests/golden/gradients/.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "engine/maps/analysis.h"
#include "tests/unit/analysis_support.h"
#include "tests/unit/gradient_support.h"

namespace {

using testing_gradients::Case;

/// Largest error of one map of an answer, relative to the largest value of the reference.
double error_of(const vit::MapSet& set, int block, int head, const std::vector<float>& reference, bool patches_alone) {
  const int index = set.find(block, head);
  EXPECT_EQ(set.labels[static_cast<std::size_t>(index)].block, block);
  std::vector<float> found;
  if (!patches_alone) found.assign(set.prefix_of(index).begin(), set.prefix_of(index).end());
  found.insert(found.end(), set.map(index).begin(), set.map(index).end());
  float scale = 1e-20f;
  for (const float value : reference) scale = std::max(scale, std::abs(value));
  return golden::largest_error(reference, found) / scale;
}

vit::Question question_of(const Case& one, const char* analysis) {
  vit::Question question{.analysis = analysis};
  if (one.logit >= 0) question.values["class"] = one.logit;
  return question;
}

TEST(GoldenForClass, RolloutAndGradCamAreThoseOfTheReference) {
  double rollout = 0, gradcam = 0;
  for (const Case& one : testing_gradients::cases()) {
    const auto trace = one.trace();
    const auto rollouts = vit::analysis_by_id("class-rollout")->answer(trace, question_of(one, "class-rollout"), {});
    const auto cams = vit::analysis_by_id("gradcam")->answer(trace, question_of(one, "gradcam"), {});
    for (int b = 0; b < one.blocks; ++b) {
      const std::string index = std::to_string(b);
      const double of_rollout = error_of(*rollouts, b, vit::kNoHead, one.read("rollout." + index), false);
      const double of_cam = error_of(*cams, b, vit::kNoHead, one.read("gradcam." + index), true);
      EXPECT_LT(of_rollout, 1e-5) << one.network << one.suffix << " block " << b;
      EXPECT_LT(of_cam, 1e-4) << one.network << one.suffix << " block " << b;
      rollout = std::max(rollout, of_rollout);
      gradcam = std::max(gradcam, of_cam);
    }
  }
  std::printf("class rollout: largest error %.1e, Grad-CAM: %.1e of the largest value\n", rollout, gradcam);
}

TEST(GoldenForClass, GradientTimesAttentionIsThatOfTheReference) {
  double largest = 0;
  for (const Case& one : testing_gradients::cases()) {
    const auto trace = one.trace();
    const int tokens = trace->grid.tokens();
    const auto recorded = vit::open_tensor_file(golden::root() / one.network / "golden.safetensors");
    for (int b = 0; b < one.blocks; ++b) {
      const std::vector<float> gradient = one.read("gradient." + std::to_string(b));
      const std::vector<float> attention = recorded->read_all("attention." + std::to_string(b) + one.suffix);
      for (const int part : {0, 1, 2})
        for (const auto direction : {vit::Direction::looks_at, vit::Direction::looked_at_by, vit::Direction::product})
          for (const int query : {0, tokens / 2}) {
            vit::Question question = question_of(one, "gradient");
            question.block = b;
            question.query = query;
            question.direction = direction;
            question.values["part"] = part;
            const auto set = vit::analysis_by_id("gradient")->answer(trace, question, {});
            for (int head = 0; head < trace->settings.heads(b); ++head) {
              std::vector<float> reference(static_cast<std::size_t>(tokens));
              float scale = 0;
              const auto value = [&](int row, int col) {
                const auto at = static_cast<std::size_t>((head * tokens + row) * tokens + col);
                const float product = gradient[at] * attention[at];
                return part == 0 ? std::max(0.f, product) : part == 1 ? std::max(0.f, -product) : std::abs(product);
              };
              for (int t = 0; t < tokens; ++t)
                reference[static_cast<std::size_t>(t)] = direction == vit::Direction::looks_at ? value(query, t)
                                                         : direction == vit::Direction::looked_at_by
                                                             ? value(t, query)
                                                             : value(query, t) * value(t, query);
              for (std::size_t i = 0; i < gradient.size(); ++i)
                scale = std::max(scale, std::abs(gradient[i] * attention[i]));
              if (direction == vit::Direction::product) scale *= scale;
              const int index = set->find(b, head);
              std::vector<float> found(set->prefix_of(index).begin(), set->prefix_of(index).end());
              found.insert(found.end(), set->map(index).begin(), set->map(index).end());
              const double error = golden::largest_error(reference, found) / scale;
              EXPECT_LT(error, 1e-4) << one.network << one.suffix << " block " << b << " head " << head;
              largest = std::max(largest, error);
            }
          }
    }
  }
  std::printf("gradient × attention: largest error %.1e of the block's largest value\n", largest);
}

TEST(ForClass, TheMostProbableClassIsAskedAboutUnlessOneIsNamed) {
  const auto trace = vit::testing_passes::pass({});
  const vit::Analysis& analysis = *vit::analysis_by_id("class-rollout");
  const auto top = std::max_element(trace->logits.begin(), trace->logits.end()) - trace->logits.begin();
  vit::Question question{.analysis = "class-rollout"};
  const auto unnamed = analysis.answer(trace, question, {});
  question.values["class"] = static_cast<double>(top);
  const auto named = analysis.answer(trace, question, {});
  EXPECT_EQ(unnamed->values, named->values);
  EXPECT_EQ(analysis.about(*unnamed, 0), analysis.about(*named, 0));
  question.values["class"] = static_cast<double>((top + 1) % 5);
  const auto other = analysis.answer(trace, question, {});
  EXPECT_NE(other->values, named->values);
  EXPECT_THAT(analysis.about(*other, 0),
              testing::HasSubstr("class " + std::to_string((top + 1) % 5) + " (probability 0."));
  ASSERT_NE(other->backward, nullptr);
  EXPECT_GT(other->backward->timings.wall_ms, 0);
}

TEST(ForClass, WithoutClassesFeaturesAreComparedWithThemselvesOrAPatch) {
  const auto trace = vit::testing_passes::pass({.model = "random:C=24,L=3,h=4,P=8,S=32,K=0,seed=2"});
  const vit::Analysis& analysis = *vit::analysis_by_id("class-rollout");
  EXPECT_FALSE(vit::applies(*analysis.parameter("class"), trace->model->config));
  vit::Question question{.analysis = "class-rollout", .query = 5};
  const auto own = analysis.answer(trace, question, {});
  EXPECT_THAT(analysis.about(*own, 2), testing::HasSubstr("the class token's features, along their own direction"));
  question.values["compared"] = 1;
  const auto patch = analysis.answer(trace, question, {});
  EXPECT_THAT(analysis.about(*patch, 2),
              testing::HasSubstr("likeness of the class token's features to those of the patch (1, 0)"));
  EXPECT_NE(own->values, patch->values);
}

}  // namespace
