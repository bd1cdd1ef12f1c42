// Networks whose tensors are called as another family's and that compute something else: small files made of one
// random network's tensors under other names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/checkpoint/load_model.h"
#include "engine/checkpoint/random_model.h"
#include "engine/containers/tensor_file.h"
#include "engine/network/forward.h"
#include "tests/unit/engine/checkpoint/renamed_network.h"
#include "tests/unit/temp_folder.h"

namespace vit {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::vector<float> logits(const std::shared_ptr<const Model>& model) {
  auto pixels = std::make_shared<Pixels>();
  pixels->width = pixels->height = 12;
  for (int i = 0; i < 3 * 12 * 12; ++i) pixels->chw.push_back(static_cast<float>(i * 37 % 101) / 50 - 1);
  Pool pool(1);
  Meter meter;
  Settings settings = trained_settings(model->config);
  settings.threads = 1;
  return forward({model, pixels, settings}, meter, pool)->logits;
}

// ---- Heads ----------------------------------------------------------------------------------------------------------

TEST(OtherNames, MmpretrainsMeanOfPatchesIsNormalisedByLn2) {
  const TempFolder folder;
  Tensors mean = open_mmlab("backbone."), timm = plain();
  rename(mean, "backbone.ln1.", "backbone.ln2.");  // out_type='avg_featmap', final_norm=False
  rename(timm, "norm.", "fc_norm.");
  const auto got = load_model(save(folder, mean, "mean.safetensors").string());
  const auto expected = load_model(save(folder, timm, "timm.safetensors").string());
  EXPECT_EQ(fact(*got, "pooling"), "mean of the patches | implied | there is an fc_norm");
  EXPECT_THAT(got->report.unused, testing::IsEmpty());
  const std::vector<float> a = logits(got), b = logits(expected);
  ASSERT_EQ(a.size(), 5u);
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5);
}

TEST(OtherNames, AHeadBehindAPoolerIsLeftOut) {
  const TempFolder folder;
  Tensors tensors = hugging_face_vit("vit.");
  tensors.push_back(tensor("vit.pooler.dense.weight", {12, 12}, std::vector<float>(144, .1f)));
  tensors.push_back(tensor("vit.pooler.dense.bias", {12}, std::vector<float>(12, .1f)));
  const auto file = save(folder, tensors);
  const auto own = load_model(file.string());
  EXPECT_EQ(own->config.classes, 0);
  EXPECT_THAT(fact(*own, "head"), HasSubstr("there is a pooler, too (\"vit.pooler.dense.weight\")"));
  folder.write("config.json", R"({"model_type": "vit", "architectures": ["ViTForImageClassification"]})");
  EXPECT_EQ(load_model(file.string())->config.classes, 5);  // Hugging Face's class drops the pooler
}

TEST(OtherNames, AHeadThatIsAConvolutionIsLeftOut) {
  const TempFolder folder;
  Tensors tensors = hugging_face_vit("vit.");
  named(tensors, "classifier.weight").shape = {5, 12, 1, 1};
  const auto model = load_model(save(folder, tensors).string());
  EXPECT_EQ(model->config.classes, 0);
  EXPECT_THAT(fact(*model, "head"), HasSubstr("\"classifier.weight\" is a convolution"));
}

TEST(OtherNames, AHeadWithoutABiasIsRefusedForBothReasons) {
  const TempFolder folder;
  Tensors tensors = hugging_face_vit("vit.");
  std::erase_if(tensors, [](const NamedTensor& t) { return t.name == "classifier.bias"; });
  EXPECT_THAT(refusal(save(folder, tensors)), HasSubstr("or of a head that has none"));
}

// ---- Conventions ----------------------------------------------------------------------------------------------------

TEST(OtherNames, NetworksAroundAViTResampleItsPositionsBilinearly) {
  const TempFolder folder;
  const auto beside = [&](const std::string& prefix, const std::string& decoder) {
    Tensors tensors = plain();
    for (NamedTensor& t : tensors) t.name.insert(0, prefix);
    tensors.push_back(tensor(decoder, {1, 1, 12}, std::vector<float>(12, 1.f)));
    return load_model(save(folder, tensors).string());
  };
  const auto segmenter = beside("model.encoder.", "model.decoder.cls_emb");
  EXPECT_EQ(segmenter->config.family, "Segmenter");
  EXPECT_FALSE(segmenter->config.position.bicubic);
  EXPECT_FALSE(segmenter->config.position.antialias);
  EXPECT_FLOAT_EQ(segmenter->config.eps, 1e-5f);
  const auto midas = beside("pretrained.model.", "scratch.layer1_rn.weight");
  EXPECT_EQ(midas->config.family, "MiDaS");
  EXPECT_FALSE(midas->config.position.bicubic);
  EXPECT_EQ(beside("encoder.", "decoder.weight")->config.family, "timm ViT");

  const auto called = load_model(save(folder, hugging_face_vit("dpt.")).string());
  EXPECT_FALSE(called->config.position.bicubic);
  EXPECT_THAT(fact(*called, "positions"),
              HasSubstr("bilinear, not antialiased | implied | usual for Hugging Face's DPT"));
  folder.write("config.json", R"({"model_type": "dpt"})");
  EXPECT_FALSE(load_model(save(folder, hugging_face_vit("")).string())->config.position.bicubic);
  folder.write("config.json", R"({"model_type": "vit"})");
  EXPECT_TRUE(load_model(save(folder, hugging_face_vit("")).string())->config.position.bicubic);
}

TEST(OtherNames, PositionsThatAreLookedUpKeepTheirSize) {
  const TempFolder folder;
  const auto file = save(folder, siglip("model.vision_model."));
  EXPECT_TRUE(load_model(file.string())->config.position.resampled);
  for (const char* config : {R"({"model_type": "idefics2", "vision_config": {"model_type": "idefics2_vision"}})",
                             R"({"model_type": "idefics3", "vision_config": {"hidden_size": 12}})",
                             R"({"model_type": "smolvlm", "vision_config": {"model_type": "smolvlm_vision"}})",
                             R"({"model_type": "minicpmv", "vision_config": {"model_type": "siglip_vision_model"}})"}) {
    folder.write("config.json", config);
    const auto model = load_model(file.string());
    EXPECT_FALSE(model->config.position.resampled) << config;
    EXPECT_THAT(fact(*model, "positions"), HasSubstr("not resampled | implied | its own code rounds")) << config;
    EXPECT_NO_THROW(token_grid(model->config, 12, 12));
    try {
      token_grid(model->config, 16, 12);
      ADD_FAILURE() << config;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("rounds the places of others to stored positions"));
    }
  }
  folder.write("config.json", R"({"model_type": "siglip", "vision_config": {"model_type": "siglip_vision_model"}})");
  EXPECT_TRUE(load_model(file.string())->config.position.resampled);
}

}  // namespace
}  // namespace vit
