#include "app/analysis/evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "app/analysis/classes.h"
#include "app/files/png_file.h"
#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/network/forward.h"
#include "tests/unit/small_models.h"
#include "tests/unit/temp_folder.h"

namespace headlight {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::shared_ptr<const vit::Model> labelled_model() {
  vit::ModelConfig config = vit::testing_models::small_config();
  config.classes = 3;
  auto shared = std::const_pointer_cast<vit::Model>(vit::testing_models::make_model(config));
  shared->labels = {"tench, Tinca tinca", "fire truck", "cat"};
  return shared;
}

TEST(Classes, TopClassesAreSortedWithSoftmaxProbabilities) {
  const auto top = top_classes({1.f, 3.f, 2.f}, {"a", "b", "c"}, 2);
  ASSERT_EQ(top.size(), 2u);
  EXPECT_EQ(top[0].label, "b");
  EXPECT_EQ(top[1].label, "c");
  EXPECT_NEAR(top[0].probability, 0.66524f, 1e-5f);  // e³ / (e + e² + e³)
  EXPECT_NEAR(top[1].probability, 0.24473f, 1e-5f);
  EXPECT_EQ(top_classes({500.f, -500.f}, {}, 5)[0].probability, 1.0) << "large logits do not overflow";
  EXPECT_EQ(top_classes({0.f, 7.f}, {}, 1)[0].label, "class 1");
  const auto tied = top_classes({1.f, 4.f, 1.f, 4.f}, {}, 3);
  EXPECT_EQ(tied[0].index, 1) << "equal ones in their order";
  EXPECT_EQ(tied[1].index, 3);
  EXPECT_EQ(tied[2].index, 0);
  EXPECT_EQ(top_classes({2.f, 2.f}, {}, 5).size(), 2u);
}

TEST(Classes, FoldersAreMatchedToLabelsAsPeopleWriteThem) {
  const auto model = labelled_model();
  EXPECT_EQ(class_by_name("tench", *model), 0);
  EXPECT_EQ(class_by_name("Tinca_tinca", *model), 0);
  EXPECT_EQ(class_by_name("Fire-Truck", *model), 1);
  EXPECT_EQ(class_by_name("2", *model), 2);
  EXPECT_EQ(class_by_name("3", *model), std::nullopt);
  EXPECT_EQ(class_by_name("dog", *model), std::nullopt);
}

class EvaluationTest : public ::testing::Test {
 protected:
  EvaluationTest() {
    for (const auto& [name, count] :
         std::vector<std::pair<std::string, int>>{{"cat", 5}, {"fire_truck", 2}, {"tench", 3}})
      for (int i = 0; i < count; ++i) write_picture(name, i);
    job_.model = model_;
    job_.preprocessing.width = job_.preprocessing.height = job_.preprocessing.resize_px = 20;
    job_.settings = vit::trained_settings(model_->config);
  }

  void write_picture(const std::string& folder, int number) {
    vit::Image image;
    image.width = 24;
    image.height = 20;
    unsigned state = static_cast<unsigned>(number * 977 + folder.front());
    for (int i = 0; i < 24 * 20 * 3; ++i) {
      state = state * 1664525u + 1013904223u;
      image.rgb.push_back(static_cast<std::uint8_t>(state >> 24));
    }
    fs::create_directories(folder_.path() / folder);
    std::ofstream(folder_.path() / folder / (std::to_string(number) + ".png"), std::ios::binary)
        << encode_png(image, {});
  }

  std::string refusal() {
    try {
      labelled_images(folder_.path(), *model_, 0);
    } catch (const vit::Error& error) {
      return error.what();
    }
    return "(accepted)";
  }

  TempFolder folder_;
  std::shared_ptr<const vit::Model> model_ = labelled_model();
  EvaluationJob job_;
};

TEST_F(EvaluationTest, PicturesBelongToTheClassOfTheirFolder) {
  const auto images = labelled_images(folder_.path(), *model_, 0);
  ASSERT_EQ(images.size(), 10u);
  EXPECT_EQ(images.front().label, 2);
  EXPECT_EQ(images[5].label, 1);
  EXPECT_EQ(images.back().label, 0);
}

TEST_F(EvaluationTest, ALimitKeepsTheClassesBalanced) {
  std::vector<int> counts(3);
  for (const LabelledImage& image : labelled_images(folder_.path(), *model_, 7))
    ++counts[static_cast<std::size_t>(image.label)];
  EXPECT_EQ(counts, (std::vector<int>{2, 2, 3}));
}

TEST_F(EvaluationTest, VerdictsAreThoseOfSinglePassesOnAnyNumberOfThreads) {
  const auto images = labelled_images(folder_.path(), *model_, 0);
  for (int threads : {1, 3}) {
    job_.settings.threads = threads;
    const Evaluation result = evaluate(job_, images);
    ASSERT_EQ(result.verdicts.size(), images.size());
    for (std::size_t i = 0; i < images.size(); ++i) {
      vit::Pool pool(1);
      vit::Meter meter;
      vit::Settings settings = job_.settings;
      settings.threads = 1;
      const auto pixels = std::make_shared<const vit::Pixels>(
          vit::preprocess(vit::load_image(images[i].file), job_.preprocessing, model_->config.patch_px));
      const auto trace = vit::forward({model_, pixels, settings}, meter, pool);
      const ClassScore best = top_classes(trace->logits, {}, 1).front();
      EXPECT_EQ(result.verdicts[i].predicted, best.index) << images[i].file;
      EXPECT_DOUBLE_EQ(result.verdicts[i].probability, best.probability) << images[i].file;
    }
  }
}

TEST_F(EvaluationTest, ABrokenPictureEndsItWithASentence) {
  std::ofstream(folder_.path() / "cat" / "broken.png") << "no picture";
  const auto images = labelled_images(folder_.path(), *model_, 0);
  job_.settings.threads = 2;
  EXPECT_THROW(evaluate(job_, images), vit::Error);
}

TEST_F(EvaluationTest, AStopRequestEndsIt) {
  std::stop_source stop;
  stop.request_stop();
  job_.stop = stop.get_token();
  EXPECT_THROW(evaluate(job_, labelled_images(folder_.path(), *model_, 0)), vit::Cancelled);
}

TEST_F(EvaluationTest, UnknownFoldersAreRefused) {
  write_picture("zebra", 1);
  EXPECT_THAT(refusal(), HasSubstr("zebra is named for no class of the model"));
  fs::remove_all(folder_.path() / "zebra");
  EXPECT_EQ(refusal(), "(accepted)");
  for (const char* name : {"cat", "fire_truck", "tench"}) fs::remove_all(folder_.path() / name);
  EXPECT_THAT(refusal(), HasSubstr("has no sub-folders with pictures"));
}

}  // namespace
}  // namespace headlight
