// Networks that add relative positions to their scores in other ways than BEiT's: SAM's image encoder and ViTDet, whose
// blocks may work in windows, and timm's ViTs with relative positions.
#include "engine/checkpoint/family_names.h"
#include "engine/checkpoint/family_rows.h"

namespace vit {

std::vector<Family> families_of_windows() {
  const InputDefaults sam = {.resize = ResizeRule::corner,
                             .crop_pct = 1.0,
                             .interpolation = Interpolation::bilinear,
                             .mean = kImagenetMean,
                             .std = kImagenetStd};
  const InputDefaults detector = {.crop_pct = 1.0,
                                  .crop_pct_large = 1.0,
                                  .interpolation = Interpolation::bilinear,
                                  .mean = kImagenetMean,
                                  .std = kImagenetStd};
  const auto relative = [](const char* tensor, const char* why) {
    return Family{.name = "timm ViT with relative positions",
                  .anchor = kTimmAnchor,
                  .with = {tensor, "blocks.#.attn.qkv.weight"},
                  .why = why,
                  .names = &kRelativeTimm,
                  .position = {.covers_prefix = false, .resampled = false},
                  .position_optional = true,
                  .input = {.input_px = 224}};
  };
  return {
      relative("blocks.#.attn.rel_pos.mlp.fc1.weight", "an MLP makes relative positions in every block"),
      relative("shared_rel_pos.mlp.fc1.weight", "an MLP makes relative positions that its blocks share"),
      relative("blocks.#.attn.rel_pos.relative_position_bias_table", "it has timm's relative positions in every block"),
      relative("shared_rel_pos.relative_position_bias_table", "it has timm's relative positions that its blocks share"),
      {.name = "SAM",
       .anchor = kTimmAnchor,
       .with = {"blocks.#.attn.rel_pos_h", "blocks.#.mlp.lin1.weight"},
       .why = "it has the relative positions and the MLPs of SAM's image encoder",
       .names = &kSam,
       .position = {.covers_prefix = false, .resampled = false},
       .position_optional = true,
       .position_grid = true,
       .windows = true,
       .input = sam},
      {.name = "Hugging Face SAM",
       .anchor = "patch_embed.projection.weight",
       .with = {"layers.#.layer_norm1.weight", "layers.#.mlp.lin1.weight"},
       .why = "it has Hugging Face's names of SAM's image encoder",
       .names = &kHuggingFaceSam,
       .position = {.covers_prefix = false, .resampled = false},
       .position_optional = true,
       .position_grid = true,
       .windows = true,
       .input = sam},
      {.name = "timm SAM",
       .anchor = kTimmAnchor,
       .with = {"blocks.#.attn.rel_pos_h", "blocks.#.mlp.fc1.weight"},
       .without = {"blocks.#.attn.pool_k.weight"},
       .why = "it has decomposed relative positions, and timm's names",
       .names = &kTimmSam,
       .eps = 1e-5f,
       .position = {.covers_prefix = false},
       .norm_optional = true,
       .position_optional = true,
       .position_grid = true,
       .last_eps = 1e-6f,
       .windows = true},
      {.name = "ViTDet",
       .anchor = kTimmAnchor,
       .with = {"blocks.#.attn.rel_pos_h", "blocks.#.mlp.fc1.weight", "pos_embed"},
       .without = {"blocks.#.attn.pool_k.weight"},
       .why = "it has decomposed relative positions, and detectron2's names",
       .names = &kTimmSam,
       .position = {.antialias = false, .covers_prefix = false},
       .norm_optional = true,
       .position_optional = true,
       .position_of_unused = true,
       .windows = true,
       .input = detector},
      {.name = "Hugging Face ViTDet",
       .anchor = "embeddings.projection.weight",
       .with = {"encoder.layer.#.attention.qkv.weight", "encoder.layer.#.mlp.fc1.weight"},
       .why = "it has Hugging Face's names of ViTDet",
       .names = &kHuggingFaceVitDet,
       .position = {.antialias = false, .covers_prefix = false},
       .position_optional = true,
       .position_of_unused = true,
       .windows = true,
       .input = detector},
  };
}

}  // namespace vit
