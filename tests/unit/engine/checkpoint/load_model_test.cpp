#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/base/error.h"
#include "engine/checkpoint/load_model.h"
#include "engine/checkpoint/model_facts.h"
#include "engine/checkpoint/random_model.h"
#include "engine/containers/tensor_file.h"
#include "engine/network/model.h"
#include "engine/network/position.h"
#include "engine/network/trace.h"
#include "tests/unit/temp_folder.h"

namespace {

using testing::HasSubstr;

const vit::Fact& fact(const vit::Model& model, const std::string& name) {
  for (const vit::Fact& fact : model.report.facts) {
    if (fact.name == name) return fact;
  }
  static const vit::Fact none;
  ADD_FAILURE() << "no fact \"" << name << '"';
  return none;
}

std::string refusal(const std::string& source, const vit::LoadOptions& options = {}) {
  try {
    vit::load_model(source, options);
  } catch (const vit::Error& error) {
    return error.what();
  }
  return "no error";
}

/// Writes a random network as a safetensors file, changed by `edit`.
std::filesystem::path save(const TempFolder& folder, const std::string& source, const std::string& name,
                           const std::function<void(std::vector<vit::NamedTensor>&)>& edit = {}) {
  const auto file = vit::random_tensor_file(vit::parse_random_spec(source));
  std::vector<vit::NamedTensor> tensors;
  for (const auto& [key, entry] : file->entries()) {
    tensors.push_back({key, entry.shape,
                       [file, key = key](std::int64_t first, std::span<float> out) { file->read(key, first, out); }});
  }
  if (edit) edit(tensors);
  vit::write_safetensors(folder.path() / name, tensors, {});
  return folder.path() / name;
}

constexpr const char* kSmall = "random:C=12,L=2,h=3,P=4,S=12,K=5,seed=7";

TEST(LoadModel, LikelyHeadCountsHoldTheUsualOneAndDivideTheChannels) {
  using testing::Contains;
  EXPECT_THAT(vit::likely_heads(384), testing::ElementsAre(3, 4, 6, 8, 12));  // 128, 96, 64, 48 and 32 wide
  for (const int channels : {1, 48, 192, 384, 768, 1152, 1280, 1408, 1536}) {
    const std::vector<int> counts = vit::likely_heads(channels);
    EXPECT_THAT(counts, Contains(vit::usual_heads(channels))) << channels;
    EXPECT_TRUE(std::is_sorted(counts.begin(), counts.end())) << channels;
    for (const int heads : counts) EXPECT_EQ(channels % heads, 0) << channels << ", " << heads;
  }
}

TEST(RandomModel, HasTheSizesItWasAskedFor) {
  const auto model = vit::load_model("random:C=24,L=3,h=4,M=40,P=4,S=20,K=7,reg=2,seed=3");
  const vit::ModelConfig& c = model->config;
  EXPECT_EQ(c.channels, 24);
  EXPECT_EQ(c.depth, 3);
  EXPECT_EQ(c.num_heads, 4);
  EXPECT_EQ(c.hidden, 40);
  EXPECT_EQ(c.patch_px, 4);
  EXPECT_EQ(c.grid_height, 5);
  EXPECT_EQ(c.grid_width, 5);
  EXPECT_EQ(c.classes, 7);
  EXPECT_EQ(c.registers, 2);
  EXPECT_EQ(c.prefix_tokens(), 3);
  EXPECT_EQ(c.prefix_name(0), "class token");
  EXPECT_EQ(c.prefix_name(2), "register 1");
  EXPECT_EQ(model->position.rows(), 3 + 25);
  EXPECT_EQ(model->preprocessing.width, 20);
  EXPECT_EQ(fact(*model, "heads").source, vit::Source::read);
  EXPECT_TRUE(model->report.unused.empty());
}

TEST(RandomModel, MakesADistillationTokenBeforeTheRegisters) {
  const auto model = vit::load_model("random:C=24,L=1,h=4,P=4,S=20,K=7,reg=2,dist=1,seed=3");
  EXPECT_EQ(model->config.prefix_tokens(), 4);
  EXPECT_EQ(model->config.prefix_name(1), "distillation token");
  EXPECT_EQ(model->config.prefix_name(2), "register 0");
  EXPECT_TRUE(model->head_distilled.has_value());
  EXPECT_EQ(model->position.rows(), 4 + 25);
  EXPECT_TRUE(model->report.unused.empty());
  EXPECT_THROW(vit::load_model("random:C=24,L=1,h=4,dist=2"), vit::Error);
}

TEST(RandomModel, DependsOnTheSeedAlone) {
  const auto a = vit::load_model(kSmall), b = vit::load_model(kSmall);
  const auto c = vit::load_model("random:C=12,L=2,h=3,P=4,S=12,K=5,seed=8");
  EXPECT_EQ(a->blocks[1].fc1.weight(5, 3), b->blocks[1].fc1.weight(5, 3));
  EXPECT_NE(a->blocks[1].fc1.weight(5, 3), c->blocks[1].fc1.weight(5, 3));
  EXPECT_NE(a->id, b->id);
}

TEST(RandomModel, KeepsItsNumbersOverTime) {
  const auto file = vit::random_tensor_file(vit::parse_random_spec(kSmall));
  const std::vector<float> values = file->read_all("cls_token");
  // Made once and written down: another compiler or processor must give the same bits.
  EXPECT_EQ(values[0], -0.344277322f);
  EXPECT_EQ(values[11], 0.248551503f);
}

TEST(RandomModel, RefusesWhatCannotBe) {
  EXPECT_THAT(refusal("random:C=10,h=3"), HasSubstr("does not divide"));
  EXPECT_THAT(refusal("random:Q=1"), HasSubstr("does not know"));
  EXPECT_THAT(refusal("random:C=x"), HasSubstr("whole number"));
  EXPECT_THAT(refusal("random:C"), HasSubstr("KEY=NUMBER"));
  EXPECT_THAT(refusal("random:S=100,P=16"), HasSubstr("multiple of P"));
  EXPECT_THAT(refusal("random:L=100000"), HasSubstr("at most"));
  EXPECT_THAT(refusal("random:C=16384,h=256,L=64"), HasSubstr("billion"));
  EXPECT_THAT(refusal("random:C=99999999999999999999"), HasSubstr("whole number"));
}

TEST(LoadModel, ReadsTimmNamesAndSizes) {
  const TempFolder folder;
  const auto model = vit::load_model(save(folder, kSmall, "m.safetensors").string());
  EXPECT_EQ(model->config.family, "timm ViT");
  EXPECT_EQ(model->config.depth, 2);
  EXPECT_EQ(model->config.hidden, 48);
  EXPECT_TRUE(model->config.qkv_bias);
  EXPECT_EQ(model->report.format, "safetensors");
  EXPECT_EQ(fact(*model, "heads").source, vit::Source::guessed);
  const auto random = vit::load_model(kSmall);
  EXPECT_EQ(model->blocks[0].qkv.weight(35, 11), random->blocks[0].qkv.weight(35, 11));
  EXPECT_EQ(model->head->weight(4, 11), random->head->weight(4, 11));
  EXPECT_EQ(model->position(9, 11), random->position(9, 11));
  EXPECT_EQ(model->report.parameters, random->report.parameters);
}

TEST(LoadModel, ConfigBesideTheFileIsRead) {
  const TempFolder copy;
  copy.write("config.json", R"({"num_attention_heads": 4, "layer_norm_eps": 1e-5, "hidden_act": "quick_gelu",
    "mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6], "interpolation": "bilinear", "crop_pct": 0.5,
    "id2label": {"1": "b", "0": "a", "2": "c", "3": "d", "4": "e"}})");
  const auto model = vit::load_model(save(copy, kSmall, "m.safetensors").string());
  EXPECT_EQ(model->config.num_heads, 4);
  EXPECT_EQ(fact(*model, "heads").reason, "num_attention_heads in config.json");
  EXPECT_FLOAT_EQ(model->config.eps, 1e-5f);
  EXPECT_EQ(model->config.activation, vit::Activation::quick_gelu);
  EXPECT_EQ(model->preprocessing.mean, (std::array<float, 3>{0.1f, 0.2f, 0.3f}));
  EXPECT_EQ(model->preprocessing.std, (std::array<float, 3>{0.4f, 0.5f, 0.6f}));
  EXPECT_EQ(model->preprocessing.interpolation, vit::Interpolation::bilinear);
  EXPECT_EQ(model->preprocessing.resize_px, 24);
  EXPECT_EQ(model->labels, (std::vector<std::string>{"a", "b", "c", "d", "e"}));
  vit::LoadOptions options;
  options.num_heads = 6;
  options.eps = 1e-3f;
  const auto other = vit::load_model((copy.path() / "m.safetensors").string(), options);
  EXPECT_EQ(other->config.num_heads, 6);
  EXPECT_EQ(fact(*other, "heads").source, vit::Source::overridden);
  EXPECT_FLOAT_EQ(other->config.eps, 1e-3f);
  EXPECT_EQ(fact(*other, "eps").reason, "chosen by the user in place of 1e-05, read");
}

TEST(LoadModel, AnActivationCanBeChosen) {
  vit::LoadOptions options;
  options.activation = vit::Activation::quick_gelu;
  const auto model = vit::load_model(kSmall, options);
  EXPECT_EQ(model->config.activation, vit::Activation::quick_gelu);
  EXPECT_EQ(fact(*model, "activation").source, vit::Source::overridden);
  EXPECT_EQ(fact(*model, "activation").value, "QuickGELU");
}

TEST(LoadModel, TimmConfigImpliesHeadsAndPreprocessing) {
  const TempFolder folder;
  folder.write("config.json", R"({"architecture": "vit_tiny_patch16_224", "num_classes": 5,
    "model_args": {"embed_dim": 12, "depth": 2, "patch_size": 4, "img_size": 12}, "pretrained_cfg":
    {"input_size": [3, 12, 12], "interpolation": "bicubic", "crop_pct": 0.875, "crop_mode": "center",
     "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}})");
  const auto model = vit::load_model(save(folder, kSmall, "m.safetensors").string());
  EXPECT_EQ(model->config.num_heads, 3);
  EXPECT_EQ(fact(*model, "heads").source, vit::Source::implied);
  EXPECT_EQ(model->preprocessing.resize_px, 13);
  EXPECT_FLOAT_EQ(model->preprocessing.mean[1], 0.456f);
}

TEST(LoadModel, AConfigOfAnotherNetworkIsIgnored) {
  const TempFolder folder;
  folder.write("config.json", R"({"hidden_size": 768, "num_attention_heads": 12})");
  const auto model = vit::load_model(save(folder, kSmall, "m.safetensors").string());
  EXPECT_THAT(fact(*model, "config").reason, HasSubstr("768"));
  EXPECT_EQ(fact(*model, "heads").source, vit::Source::guessed);
}

TEST(LoadModel, HeadsThatDoNotDivideAreRefused) {
  const TempFolder folder;
  folder.write("config.json", R"({"num_attention_heads": 5})");
  EXPECT_THAT(refusal(save(folder, kSmall, "m.safetensors").string()), HasSubstr("do not divide"));
}

TEST(LoadModel, MissingAndMisshapenTensorsAreNamed) {
  const TempFolder folder;
  const auto without = [&](const std::string& gone) {
    return refusal(save(folder, kSmall, "m.safetensors", [&](auto& tensors) {
                     std::erase_if(tensors, [&](const auto& tensor) { return tensor.name == gone; });
                   }).string());
  };
  EXPECT_THAT(without("blocks.1.attn.proj.weight"), HasSubstr("blocks.1.attn.proj.weight"));
  EXPECT_THAT(without("pos_embed"), HasSubstr("pos_embed"));
  EXPECT_THAT(without("patch_embed.proj.weight"), HasSubstr("is no Vision Transformer"));
  const auto file = save(folder, kSmall, "m.safetensors", [](auto& tensors) {
    for (auto& tensor : tensors) {
      if (tensor.name == "blocks.1.mlp.fc1.weight") tensor.shape = {12, 48};
    }
  });
  EXPECT_THAT(refusal(file.string()), HasSubstr("blocks.1.mlp.fc1.weight"));
}

TEST(LoadModel, BiasesAndHeadMayBeMissing) {
  const TempFolder folder;
  const auto file = save(folder, kSmall, "m.safetensors", [](auto& tensors) {
    std::erase_if(tensors, [](const auto& tensor) {
      return tensor.name.ends_with("qkv.bias") || tensor.name.starts_with("head");
    });
    tensors.push_back({"extra.thing", {1}, [](std::int64_t, std::span<float> out) { out[0] = 1; }});
  });
  const auto model = vit::load_model(file.string());
  EXPECT_FALSE(model->config.qkv_bias);
  EXPECT_FALSE(model->blocks[0].qkv.has_bias());
  EXPECT_EQ(model->config.classes, 0);
  EXPECT_FALSE(model->head);
  EXPECT_THAT(model->report.unused, testing::ElementsAre("extra.thing"));
  EXPECT_THAT(model->report.missing, testing::Contains("biases of query, key and value"));
}

TEST(LoadModel, ANetworkOfOneChannelReadsTheLuminance) {
  const TempFolder folder;
  const auto one = save(folder, kSmall, "one.safetensors", [](auto& tensors) {
    for (auto& tensor : tensors) {
      if (tensor.name != "patch_embed.proj.weight") continue;
      const auto three = tensor.read;  // (C, 3, P, P): of each output the first channel
      tensor.shape = {12, 1, 4, 4};
      tensor.read = [three](std::int64_t first, std::span<float> out) {
        for (std::size_t i = 0; i < out.size(); ++i) {
          const auto at = first + static_cast<std::int64_t>(i);
          three(at / 16 * 48 + at % 16, out.subspan(i, 1));
        }
      };
    }
  });
  const auto model = vit::load_model(one.string()), three = vit::load_model(kSmall);
  EXPECT_EQ(model->config.input_channels, 1);
  EXPECT_TRUE(model->preprocessing.grey);
  EXPECT_EQ(fact(*model, "colours").value, "luminance");
  for (int o = 0; o < 12; ++o)
    for (int i = 0; i < 16; ++i) EXPECT_EQ(model->patch_embed.weight(o, i), three->patch_embed.weight(o, i));
}

TEST(LoadModel, AnInputThatIsNoWholePatchIsCutAsAConvolutionDoes) {
  const TempFolder folder;
  folder.write("config.json", R"({"image_size": 14})");  // three patches of 4 px, and 2 px more
  const auto model = vit::load_model(save(folder, kSmall, "m.safetensors").string());
  EXPECT_EQ(model->config.grid_width, 3);
  EXPECT_EQ(model->preprocessing.width, 14);
  EXPECT_TRUE(model->preprocessing.cut_to_patches);
  EXPECT_THAT(fact(*model, "input").reason, HasSubstr("last 2 px"));
}

TEST(LoadModel, HalfALayerBeforeTheHeadIsRefused) {
  const TempFolder folder;
  const auto file = save(folder, kSmall, "m.safetensors", [](auto& tensors) {
    tensors.push_back({"pre_logits.fc.bias", {12}, [](std::int64_t, std::span<float> out) {
                         std::fill(out.begin(), out.end(), 1.f);
                       }});
  });
  EXPECT_THAT(refusal(file.string(), {}), HasSubstr("one of weight and bias of the layer before the head"));
}

TEST(LoadModel, ClassesMayBeNumberedFromOne) {
  const TempFolder folder;
  folder.write("config.json", R"({"id2label": {"1": "a", "2": "b", "3": "c", "4": "d", "5": "e"}})");
  const auto model = vit::load_model(save(folder, kSmall, "m.safetensors").string());
  EXPECT_EQ(model->labels, (std::vector<std::string>{"a", "b", "c", "d", "e"}));
}

TEST(LoadModel, LabelsComeFromAFile) {
  const TempFolder folder;
  const auto file = save(folder, kSmall, "m.safetensors").string();
  vit::LoadOptions options;
  options.labels = folder.write("names.txt", "one\r\ntwo\nthree\nfour\nfive\n\n");
  EXPECT_EQ(vit::load_model(file, options)->labels[1], "two");
  options.labels = folder.write("names.json", R"(["a","b","c","d","e"])");
  EXPECT_EQ(vit::load_model(file, options)->labels[4], "e");
  options.labels = folder.write("few.txt", "one\ntwo\n");
  EXPECT_THAT(refusal(file, options), HasSubstr("names 2 classes"));
}

TEST(LoadModel, ImagenetNamesStandForAThousandClasses) {
  vit::LoadOptions options;
  options.imagenet_labels = std::filesystem::path(HEADLIGHT_SOURCE_DIR) / "assets" / "labels" / "imagenet-1k.txt";
  const auto model = vit::load_model("random:C=12,L=1,h=3,P=4,S=12,K=1000,seed=1", options);
  ASSERT_EQ(model->labels.size(), 1000u);
  EXPECT_EQ(model->labels[0], "tench");
  EXPECT_EQ(model->labels[285], "Egyptian cat");
  EXPECT_EQ(model->labels[999], "toilet tissue");
}

TEST(LoadModel, ProgressRunsToTheEnd) {
  std::vector<double> heard;
  vit::load_model(kSmall, {}, [&](double fraction) { heard.push_back(fraction); });
  ASSERT_FALSE(heard.empty());
  EXPECT_TRUE(std::is_sorted(heard.begin(), heard.end()));
  EXPECT_DOUBLE_EQ(heard.back(), 1.0);
}

}  // namespace
