// Networks whose blocks or patches are their own: CaiT, parallel branches, RADIO, NaFlex.
#include "engine/checkpoint/family_names.h"
#include "engine/checkpoint/family_rows.h"

namespace vit {
namespace {

// Bilinear, from a square that is larger than any input.
const PositionRule kCropped{.antialias = false, .bicubic = false, .covers_prefix = false, .of_square = true};

}  // namespace

std::vector<Family> families_of_other_blocks() {
  const InputDefaults radio = {
      .crop_pct = 1.0, .crop_pct_large = 1.0, .input_px = 432, .mean = kClipMean, .std = kClipStd};
  return {
      {.name = "CaiT",
       .anchor = kTimmAnchor,
       .with = {"blocks.#.attn.proj_l.weight", "blocks_token_only.0.attn.q.weight"},
       .always = {"cls_token"},
       .why = "its heads are mixed (talking heads), and class-attention blocks follow",
       .names = &kCait,
       .position = {.antialias = false, .covers_prefix = false, .resampled = false},
       .input = {.crop_pct = 1.0, .mean = kImagenetMean, .std = kImagenetStd}},
      {.name = "timm ViT with parallel branches",
       .anchor = kTimmAnchor,
       .with = {"blocks.#.in_norm.weight", "blocks.#.in_proj.weight", "blocks.#.attn_out_proj.weight"},
       .why = "attention and MLP of its blocks read the same norm",
       .names = &kParallel,
       .position = kTimmPosition,
       .order = ModelConfig::Order::parallel},
      {.name = "RADIO",
       .anchor = "patch_generator.embedder.weight",
       .with = {"patch_generator.pos_embed", "patch_generator.cls_token.token", "blocks.#.norm1.weight"},
       .why = "it has RADIO's patch generator",
       .names = &kRadio,
       .position = kCropped,
       .norm_optional = true,
       .no_patch_bias = true,
       .class_tokens = true,
       .input = radio},
      {.name = "Hugging Face RADIO",
       .anchor = "embeddings.patch_projection.weight",
       .with = {"embeddings.position_embedding", "embeddings.cls_register_token", "encoder.layer.#.norm1.weight"},
       .why = "it has Hugging Face's names of RADIO",
       .names = &kHuggingFaceRadio,
       .position = kCropped,
       .norm_optional = true,
       .no_patch_bias = true,
       .class_tokens = true,
       .input = radio},
      {.name = "timm NaFlexViT",
       .anchor = "embeds.proj.weight",
       .with = {"embeds.pos_embed", "blocks.#.norm1.weight", "blocks.#.attn.qkv.weight"},
       .why = "it has timm's names of NaFlexViT",
       .names = &kTimmNaflex,
       .position = {.covers_prefix = false},
       .input = {.crop_pct = 1.0, .input_px = 384}},
      {.name = "SigLIP 2 NaFlex",
       .anchor = "embeddings.patch_embedding.weight",
       .with = {"embeddings.position_embedding.weight", "encoder.layers.#.self_attn.q_proj.weight"},
       .without = {"embeddings.class_embedding"},
       .patch_matrix = true,
       .why = "it has Hugging Face's names of SigLIP's vision tower and embeds patches one by one",
       .names = &kHuggingFaceNaflex,
       .activation = Activation::gelu_tanh,
       .position = {.bicubic = false},
       .pool_mean = true,
       .input = {.resize = ResizeRule::patches, .most_patches = 256, .interpolation = Interpolation::bilinear}},
  };
}

}  // namespace vit
