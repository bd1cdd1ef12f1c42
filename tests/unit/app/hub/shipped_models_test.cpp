#include "app/hub/shipped_models.h"

#include <gtest/gtest.h>

#include "app/files/assets.h"
#include "engine/checkpoint/load_model.h"

namespace headlight {
namespace {

TEST(ShippedModels, TheDefaultComesFirstAndAllOpen) {
  const std::vector<ShippedModel>& models = shipped_models();
  ASSERT_EQ(models.size(), 2u);
  EXPECT_EQ(models[0].path, default_model());
  EXPECT_EQ(models[1].path, default_classifier());
  for (const ShippedModel& model : models) {
    EXPECT_EQ(vit::load_model(model.path.string())->labels.empty(), model.id == "dinov2-small-saliency") << model.name;
    EXPECT_GT(model.bytes, 1'000'000u) << model.name;
    EXPECT_FALSE(model.sentence.empty()) << model.name;
  }
}

TEST(ShippedModels, AModelIsKnownByAnyOfItsPaths) {
  const std::filesystem::path path = default_model();
  EXPECT_EQ(shipped_model(path), &shipped_models()[0]);
  EXPECT_EQ(shipped_model(path / ".." / path.filename()), &shipped_models()[0]);
  EXPECT_EQ(shipped_model(path.parent_path() / "another"), nullptr);
  EXPECT_EQ(shipped_model(""), nullptr);
}

}  // namespace
}  // namespace headlight
