#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/checkpoint/family.h"
#include "engine/containers/tensor_file.h"

namespace vit {
namespace {

using testing::HasSubstr;

std::shared_ptr<const TensorFile> file_with(const std::vector<std::string>& names) {
  std::map<std::string, std::pair<std::vector<std::int64_t>, std::vector<float>>> tensors;
  for (const std::string& name : names) tensors[name] = {{1}, {0.f}};
  return tensor_file_from_memory(std::move(tensors));
}

std::vector<std::string> timm(const std::string& prefix, std::vector<std::string> more = {}) {
  std::vector<std::string> names = {"patch_embed.proj.weight", "pos_embed", "blocks.0.norm1.weight",
                                    "blocks.0.attn.qkv.weight"};
  names.insert(names.end(), more.begin(), more.end());
  for (std::string& name : names) name = prefix + name;
  return names;
}

std::string family_of(const std::vector<std::string>& names, const std::string& words = "model.safetensors") {
  return detect_family(*file_with(names), words, "").family->name;
}

std::string refusal(const std::vector<std::string>& names, const std::string& wanted = "") {
  try {
    detect_family(*file_with(names), "", wanted);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(FamilyDetect, KeysTellTheFamily) {
  EXPECT_EQ(family_of(timm("")), "timm ViT");
  EXPECT_EQ(family_of(timm("", {"dist_token"})), "DeiT distilled");
  EXPECT_EQ(family_of(timm("", {"blocks.0.gamma_1"})), "DeiT-III");
  EXPECT_EQ(family_of(timm("", {"norm_pre.weight"})), "timm CLIP");
  EXPECT_EQ(family_of(timm("", {"attn_pool.latent"})), "timm SigLIP");
  EXPECT_EQ(family_of(timm("", {"mask_token", "blocks.0.ls1.gamma"})), "DINOv2");
  EXPECT_EQ(family_of(timm("", {"mask_token", "blocks.0.ls1.gamma", "register_tokens"})), "DINOv2 with registers");
  EXPECT_EQ(family_of(timm("", {"mask_token", "decoder_embed.weight"})), "MAE");
}

TEST(FamilyDetect, NamesTellWhatKeysDoNot) {
  EXPECT_EQ(family_of(timm(""), "dino_deitsmall8_pretrain.pth"), "DINO");
  EXPECT_EQ(family_of(timm(""), "deit_base_patch16_224.pth"), "DeiT");
  EXPECT_EQ(family_of(timm(""), "mae_pretrain_vit_base.pth"), "MAE");
  // timm's own file of DINO weights runs by timm's rules.
  EXPECT_EQ(family_of(timm(""), "model.safetensors architecture:vit_small_patch16_224.dino"), "timm ViT");
}

TEST(FamilyDetect, RotaryNetworksAreToldApart) {
  const std::vector<std::string> registers = {"patch_embed.proj.weight", "reg_token", "blocks.0.gamma_1",
                                              "blocks.0.attn.qkv.weight"};
  EXPECT_EQ(family_of(registers), "timm ViT with RoPE");
  std::vector<std::string> with_class = registers;
  with_class.push_back("cls_token");
  EXPECT_EQ(family_of(with_class), "timm DINOv3");
  EXPECT_EQ(family_of(timm("", {"blocks.0.attn.q_bias", "blocks.0.mlp.w3.weight", "rope.freqs_cos"})), "EVA-02");
  EXPECT_EQ(family_of(timm("visual.trunk.", {"blocks.0.attn.q_proj.weight", "blocks.0.mlp.fc1_g.weight"})),
            "timm EVA-02");
}

TEST(FamilyDetect, OtherTokensAndTurnsTellTheirNetworks) {
  const std::vector<std::string> hugging_face = {"vit.embeddings.patch_embeddings.projection.weight",
                                                 "vit.embeddings.position_embeddings",
                                                 "vit.encoder.layer.0.layernorm_before.weight"};
  const auto with = [](std::vector<std::string> names, const std::vector<std::string>& more) {
    names.insert(names.end(), more.begin(), more.end());
    return names;
  };
  EXPECT_EQ(family_of(with(hugging_face, {"vit.embeddings.detection_tokens", "vit.embeddings.cls_token"})),
            "Hugging Face YOLOS");
  EXPECT_EQ(family_of(with(hugging_face, {"vit.encoder.layer.0.mlp.fc1.weight"})), "Hugging Face ViTPose");
  EXPECT_EQ(family_of(timm("backbone.", {"last_norm.weight"})), "ViTPose");
  EXPECT_EQ(
      family_of({"vision_model.embeddings.patch_embedding.weight", "vision_model.class_pos_emb",
                 "vision_model.embeddings.class_embedding", "vision_model.encoder.layers.0.self_attn.q_proj.weight"}),
      "MLCD");
  EXPECT_EQ(family_of(timm("", {"norm_pre.weight", "attn_pool.latent"})), "timm Perception Encoder");
  EXPECT_EQ(family_of(timm("", {"blocks.0.gamma_1", "rope.freqs"})), "rope-vit");
  EXPECT_EQ(family_of(timm("", {"cls_token", "blocks.0.gamma_1"}), "vit_small_patch16_rope_ape_224.pth"), "rope-vit");
  EXPECT_EQ(family_of(timm("", {"cls_token", "blocks.0.gamma_1"}), "europe_deit3.pth"), "DeiT-III");
}

TEST(FamilyDetect, RelativePositionsTellBeit) {
  const std::vector<std::string> own = {"patch_embed.proj.weight", "blocks.0.attn.qkv.weight", "blocks.0.attn.q_bias",
                                        "blocks.0.attn.relative_position_bias_table",
                                        "blocks.0.attn.relative_position_index"};
  EXPECT_EQ(family_of(own), "BEiT");
  EXPECT_EQ(family_of(own, "beitv2_base_patch16_224_pt1k_ft21k.pth"), "BEiT v2");
  EXPECT_EQ(
      family_of({"patch_embed.proj.weight", "blocks.0.attn.qkv.weight", "rel_pos_bias.relative_position_bias_table"}),
      "BEiT");
  const std::string layer = "beit.encoder.layer.0.";
  std::vector<std::string> hugging_face = {"beit.embeddings.patch_embeddings.projection.weight",
                                           layer + "attention.attention.query.bias", layer + "layernorm_before.weight"};
  EXPECT_EQ(family_of(hugging_face), "Hugging Face BEiT");
  EXPECT_EQ(family_of(hugging_face, "data2vec-vision"), "Hugging Face data2vec");
}

TEST(FamilyDetect, JoinedSwiGLUIsToldByItsSizes) {
  const auto file = [](std::int64_t outputs) {
    std::map<std::string, std::pair<std::vector<std::int64_t>, std::vector<float>>> tensors;
    for (const std::string& name : timm("", {"blocks.0.attn.q_bias"})) tensors[name] = {{1}, {0.f}};
    tensors["blocks.0.mlp.fc1.weight"] = {{outputs, 1}, std::vector<float>(static_cast<std::size_t>(outputs))};
    tensors["blocks.0.mlp.fc2.weight"] = {{1, 3}, {0.f, 0.f, 0.f}};
    return tensor_file_from_memory(std::move(tensors));
  };
  EXPECT_STREQ(detect_family(*file(6), "", "").family->name, "timm EVA-02");
  EXPECT_THROW(detect_family(*file(3), "", ""), Error);  // the first EVA, or its enormous one
}

TEST(FamilyDetect, WhatOnlyItsNameTellsIsRefused) {
  for (const char* words : {"model.safetensors architecture:vit_pe_core_base_patch16_224.fb", "pe-core-b16-224.pt",
                            "model.safetensors architecture:vit_small_patch16_rope_ape_224"}) {
    EXPECT_THROW(detect_family(*file_with(timm("", {"norm_pre.weight"})), words, ""), Error) << words;
  }
}

TEST(FamilyDetect, PrefixesAreFoundAndTheTeacherIsPreferred) {
  std::vector<std::string> names = timm("student.module.backbone.");
  for (const std::string& name : timm("teacher.backbone.")) names.push_back(name);
  const DetectedFamily found = detect_family(*file_with(names), "", "");
  EXPECT_EQ(found.prefix, "teacher.backbone.");
  EXPECT_STREQ(found.family->name, "DINO");
  EXPECT_EQ(detect_family(*file_with(timm("state_dict.module.encoder.")), "", "").prefix, "state_dict.module.encoder.");
  std::vector<std::string> averaged = timm("model.");
  for (const std::string& name : timm("model_ema.")) averaged.push_back(name);
  EXPECT_EQ(detect_family(*file_with(averaged), "", "").prefix, "model_ema.");
}

TEST(FamilyDetect, TheUserMayChoose) {
  EXPECT_STREQ(detect_family(*file_with(timm("")), "", "deit").family->name, "DeiT");
  EXPECT_THAT(refusal(timm(""), "torchvision ViT"), HasSubstr("conv_proj.weight"));
  EXPECT_THAT(refusal(timm(""), "Xception"), HasSubstr("known are"));
}

TEST(FamilyDetect, OtherNetworksAreNamedAndRefused) {
  EXPECT_THAT(refusal({"patch_embed.proj.weight", "layers.0.blocks.0.norm1.weight",
                       "layers.0.blocks.0.attn.relative_position_bias_table"}),
              HasSubstr("Swin"));
  EXPECT_THAT(refusal({"stages.0.0.conv1_1x1.conv.weight", "stages.2.1.conv_kxk.conv.weight"}), HasSubstr("MobileViT"));
  EXPECT_THAT(refusal(timm("", {"patch_embed.backbone.stem.conv.weight"})), HasSubstr("hybrid"));
  EXPECT_THAT(refusal(timm("", {"blocks.0.attn.q_norm.weight"})), HasSubstr("normalises inside its attention"));
  EXPECT_THAT(refusal(timm("", {"blocks.0.attn.q_bias"})), HasSubstr("EVA"));
  EXPECT_EQ(family_of(timm("", {"blocks.0.attn.q_bias"}), "eva_giant_patch14_224.pth"), "EVA");
  EXPECT_EQ(family_of(timm("", {"blocks.0.attn.q_bias"}), "eva02_enormous_patch14_clip_224.pth"), "EVA-02 enormous");
  EXPECT_THAT(refusal({"patch_embed.proj.weight", "cls_token", "rope.freqs", "blocks.0.norm1.weight"}),
              HasSubstr("none of those that are known"));
  EXPECT_THAT(refusal(timm("", {"rel_pos.rel_pos_h"})), HasSubstr("relative positions"));
  EXPECT_THAT(refusal({"layer1.0.conv1.weight"}), HasSubstr("ResNet"));
  EXPECT_THAT(refusal({"model.layers.0.input_layernorm.weight"}), HasSubstr("language model"));
  EXPECT_THAT(refusal({"something.weight"}), HasSubstr("something.weight"));
  EXPECT_THAT(refusal({}), HasSubstr("no tensors"));
}

/// As their own libraries name them.
TEST(FamilyDetect, WhatStaysOutIsRefusedForTheTrueReason) {
  const auto video = [](const std::string& patches, const std::string& block) {
    std::map<std::string, std::pair<std::vector<std::int64_t>, std::vector<float>>> tensors;
    tensors[patches] = {{1, 1, 1, 1, 1}, {0.f}};
    tensors[block] = {{1}, {0.f}};
    try {
      detect_family(*tensor_file_from_memory(std::move(tensors)), "", "");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(video("encoder.embeddings.patch_embeddings.proj.weight", "encoder.layer.0.attention.query.weight"),
              HasSubstr("video"));  // V-JEPA 2
  EXPECT_THAT(video("target_encoder.module.backbone.patch_embed.proj.weight",
                    "target_encoder.module.backbone.blocks.0.norm1.weight"),
              HasSubstr("video"));
  EXPECT_THAT(video("visual.patch_embed.proj.weight", "visual.merger.ln_q.weight"), HasSubstr("Qwen-VL"));
  EXPECT_THAT(video("patch_embed.proj.weight", "merger.linear_fc1.weight"), HasSubstr("Qwen-VL"));
  EXPECT_THAT(
      refusal({"radio_model.model.patch_generator.embedder.weight", "radio_model.model.blocks.0.attn.qkv.weight"}),
      HasSubstr("RADIO"));  // E-RADIO, whose blocks are others
  EXPECT_THAT(refusal({"blocks.0.attn.rel_pos_h", "patch_embed.proj.weight"}), HasSubstr("SAM"));
  EXPECT_THAT(refusal({"patch_conv.weight", "transformer.layers.0.attention.q_proj.weight"}), HasSubstr("Pixtral"));
  EXPECT_THAT(refusal({"embeddings.patch_embeddings.projection.weight", "encoder.stages.0.layers.0.attn.qkv.weight"}),
              HasSubstr("stage to stage"));
  EXPECT_THAT(refusal({"embeds.proj.weight", "embeds.pos_embed", "blocks.0.norm1.weight"}), HasSubstr("NaFlex"));
  EXPECT_THAT(refusal(timm("image_encoder.trunk.", {"pos_embed_window"})), HasSubstr("SAM 2"));
  EXPECT_THAT(
      refusal({"vision_encoder.backbone.patch_embed.projection.weight", "vision_encoder.backbone.pos_embed_window"}),
      HasSubstr("SAM 2"));
  // PE-Core under OpenAI's names, whatever its file is called, without its last norm.
  EXPECT_THAT(refusal({"visual.conv1.weight", "visual.class_embedding", "visual.positional_embedding",
                       "visual.transformer.resblocks.0.attn.in_proj_weight", "visual.attn_pool.probe"}),
              HasSubstr("Perception Encoder"));
  std::vector<std::string> pose = timm("backbone.");
  pose.emplace_back("keypoint_head.final_layer.weight");
  EXPECT_THAT(refusal(pose), HasSubstr("pose network"));
  EXPECT_THAT(refusal({"vision_model.embeddings.patch_embedding.weight", "vision_model.embeddings.class_embedding"}),
              HasSubstr("a vision tower without"));
  EXPECT_THAT(refusal({"vision_model.embeddings.patch_embed.weight", "vision_model.embeddings.rms_norm.weight"}),
              HasSubstr("native resolution"));
  EXPECT_THAT(refusal({"to_patch_embedding.1.weight", "transformer.layers.0.0.norm.weight"}), HasSubstr("vit-pytorch"));
}

TEST(FamilyDetect, PatternsAreSpelledOut) {
  EXPECT_THAT(spell("blocks.#.a.*|b_*", 3, "bias"), testing::ElementsAre("blocks.3.a.bias", "b_bias"));
  EXPECT_TRUE(spell("", 0, "weight").empty());
}

}  // namespace
}  // namespace vit
