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

TEST(OtherNames, WhatVitPytorchsHeadReadsIsAGuess) {
  const auto model =
      load_model((std::filesystem::path(HEADLIGHT_SOURCE_DIR) / "tests/golden/families/vit_pytorch/vit.pt").string());
  EXPECT_THAT(fact(*model, "pooling"), StartsWith("class token | guessed | "));
}

// ---- Conventions ----------------------------------------------------------------------------------------------------

TEST(OtherNames, MmpretrainsClipIsGuessedToBeOpenAis) {
  const TempFolder folder;
  const auto clip = [&](const std::string& prefix, bool head) {
    Tensors tensors = open_mmlab(prefix);
    std::erase_if(tensors, [&](const NamedTensor& t) {
      return t.name == prefix + "patch_embed.projection.bias" || (!head && t.name.starts_with("head."));
    });
    tensors.push_back(tensor(prefix + "pre_norm.weight", {12}, std::vector<float>(12, 1.f)));
    tensors.push_back(tensor(prefix + "pre_norm.bias", {12}, std::vector<float>(12, 0.f)));
    return load_model(save(folder, tensors).string());
  };
  const auto zero_shot = clip("vision_backbone.", false), tower = clip("backbone.", false),
             tuned = clip("backbone.", true);
  EXPECT_EQ(zero_shot->config.family, "OpenMMLab CLIP");
  EXPECT_THAT(fact(*zero_shot, "activation"), StartsWith("QuickGELU | guessed | "));
  EXPECT_THAT(fact(*zero_shot, "eps"), StartsWith("1e-06 | guessed | "));
  EXPECT_THAT(fact(*tower, "eps"), StartsWith("1e-05 | guessed | "));  // LLaVA's
  EXPECT_FLOAT_EQ(zero_shot->preprocessing.mean[0], 0.48145466f);
  EXPECT_THAT(fact(*tuned, "activation"), StartsWith("GELU (erf) | guessed | "));
}

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

TEST(OtherNames, PublishedNetworksOfAFamilyTellTheirHeads) {
  const TempFolder folder;
  const auto tensors_of = [](int channels) {
    return plain("random:C=" + std::to_string(channels) + ",L=1,h=4,M=16,P=4,S=8,K=0,seed=3");
  };
  Tensors moco;
  for (const char* network : {"module.base_encoder.", "module.momentum_encoder."}) {
    for (NamedTensor t : tensors_of(384)) {
      t.name.insert(0, network);
      moco.push_back(std::move(t));
    }
  }
  EXPECT_EQ(load_model(save(folder, moco).string())->config.family, "timm ViT");  // BYOL's and others' words, too
  moco.push_back(tensor("module.predictor.0.weight", {1, 1}, {0.f}));
  const auto model = load_model(save(folder, moco).string());
  EXPECT_EQ(model->config.family, "MoCo v3");
  EXPECT_EQ(fact(*model, "heads"), "12 | implied | MoCo v3's network of 384 channels");
  EXPECT_THAT(fact(*load_model(save(folder, tensors_of(384)).string()), "heads"), StartsWith("6 | guessed | "));

  Tensors dino = plain("random:C=1280,L=1,h=4,M=16,P=4,S=8,K=0,reg=4,seed=3");
  std::erase_if(dino, [](const NamedTensor& t) { return t.name == "pos_embed"; });
  for (const char* scale : {"blocks.0.gamma_1", "blocks.0.gamma_2"})
    dino.push_back(tensor(scale, {1280}, std::vector<float>(1280, 1.f)));
  EXPECT_EQ(fact(*load_model(save(folder, dino).string()), "heads"),
            "20 | implied | timm DINOv3's network of 1280 channels");

  Tensors aim = tensors_of(1024);
  named(aim, "pos_embed").shape = {5, 1024};
  named(aim, "pos_embed") = part_of(named(aim, "pos_embed"), "pos_embed", 1, 4);
  std::erase_if(aim, [](const NamedTensor& t) {
    return t.name == "cls_token" || (t.name.find("norm") != std::string::npos && t.name.ends_with(".bias"));
  });
  aim.push_back(tensor("patch_embed.norm.weight", {1024}, std::vector<float>(1024, 1.f)));
  respell(aim, {{"mlp.fc1.", "mlp.fc1_x."}});
  for (const char* part : {"weight", "bias"}) {
    NamedTensor gate = named(aim, "blocks.0.mlp.fc1_x." + std::string(part));
    gate.name = "blocks.0.mlp.fc1_g." + std::string(part);
    aim.push_back(gate);
  }
  EXPECT_EQ(fact(*load_model(save(folder, aim).string()), "heads"),
            "8 | implied | timm AIMv2's network of 1024 channels");
}

// ---- True reasons ---------------------------------------------------------------------------------------------------

TEST(OtherNames, ChangedNetworksAreNamed) {
  const auto with = [](const std::string& name) {
    const TempFolder folder;
    Tensors tensors = plain();
    for (NamedTensor& t : tensors) t.name.insert(0, "backbone.");
    tensors.push_back(tensor("backbone." + name, {12}, std::vector<float>(12, 1.f)));
    return refusal(save(folder, tensors));
  };
  EXPECT_THAT(with("interactions.0.injector.gamma"), HasSubstr("is a ViT-Adapter"));
  EXPECT_THAT(with("conv1_alpha.weight"), HasSubstr("is an Alpha-CLIP"));
  EXPECT_THAT(with("embeddings.patch_embedding_alpha.weight"), HasSubstr("reads a mask beside the picture"));
}

TEST(OtherNames, AnOpenClipWithoutItsFirstNormIsNotCalledIncompleteAlone) {
  const TempFolder folder;
  EXPECT_THAT(refusal(save(folder, open_ai("visual."))), HasSubstr("OpenCLIP builds without one (CLIPA)"));
}

}  // namespace
}  // namespace vit
