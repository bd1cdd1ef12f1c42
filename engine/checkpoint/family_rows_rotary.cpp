// Networks that turn queries and keys by places counted in patches: rope-vit, Perception Encoder, MLCD.
#include "engine/checkpoint/family_names.h"
#include "engine/checkpoint/family_rows.h"

namespace vit {
namespace {

using Rotary = PositionRule::Rotary;
using Place = PositionRule::Place;

// Heo et al. 2024: the first half of a head's channels turns with the column.
constexpr PositionRule kAxial{.learned = false,
                              .covers_prefix = false,
                              .rotary = Rotary::pairs,
                              .rope_place = Place::counted,
                              .rope_base = 100,
                              .rope_columns_first = true};
constexpr PositionRule kAxialBesideLearned{
    .rotary = Rotary::pairs, .rope_place = Place::counted, .rope_base = 100, .rope_columns_first = true};
constexpr PositionRule kMixed{.learned = false,
                              .covers_prefix = false,
                              .rotary = Rotary::pairs,
                              .rope_place = Place::counted,
                              .rope_columns_first = true,
                              .learned_speeds = true};
constexpr PositionRule kMixedBesideLearned{
    .rotary = Rotary::pairs, .rope_place = Place::counted, .rope_columns_first = true, .learned_speeds = true};
// Bolya et al. 2025.
constexpr PositionRule kPerceptionPosition{
    .rotary = Rotary::pairs, .rope_place = Place::scaled, .rope_base = 10000, .rope_columns_first = true};
constexpr PositionRule kPerceptionFixed{.antialias = false,
                                        .resampled = false,
                                        .rotary = Rotary::pairs,
                                        .rope_place = Place::scaled,
                                        .rope_base = 10000,
                                        .rope_columns_first = true};
constexpr PositionRule kMlcdPosition{.learned = false,
                                     .covers_prefix = false,
                                     .rotary = Rotary::halves,
                                     .rope_place = Place::counted,
                                     .rope_base = 10000,
                                     .turns_class = true};

}  // namespace

std::vector<Family> families_of_rotary_networks() {
  return {
      {.name = "rope-vit",
       .anchor = kTimmAnchor,
       .with = {"rope.freqs", "pos_embed", "blocks.#.gamma_1", "blocks.#.attn.qkv.weight"},
       .always = {"cls_token"},
       .why = "it has learned speeds of rotary positions and stored positions",
       .names = &kRopeVit,
       .position = kMixedBesideLearned,
       .input = {.mean = kImagenetMean, .std = kImagenetStd}},
      {.name = "rope-vit",
       .anchor = kTimmAnchor,
       .with = {"rope.freqs", "blocks.#.gamma_1", "blocks.#.attn.qkv.weight"},
       .without = {"pos_embed"},
       .no_hints = {"_ape"},
       .always = {"cls_token"},
       .why = "it has learned speeds of rotary positions",
       .names = &kRopeVit,
       .position = kMixed,
       .input = {.input_px = 224, .mean = kImagenetMean, .std = kImagenetStd}},
      {.name = "rope-vit",
       .anchor = kTimmAnchor,
       .with = {"cls_token", "pos_embed", "blocks.#.gamma_1", "blocks.#.attn.qkv.weight"},
       .without = {"reg_token", "mask_token"},
       .hints = {"rope_ape", "rope_axial_ape", "rope-axial-ape"},
       .no_hints = {"mixed"},
       .always = {"cls_token"},
       .why = "it has layer scale and stored positions and is called so",
       .names = &kRopeVit,
       .position = kAxialBesideLearned,
       .input = {.mean = kImagenetMean, .std = kImagenetStd}},
      {.name = "rope-vit",
       .anchor = kTimmAnchor,
       .with = {"cls_token", "blocks.#.gamma_1", "blocks.#.attn.qkv.weight"},
       .without = {"pos_embed", "reg_token", "mask_token"},
       .hints = {"_rope_", "rope_axial", "rope-axial"},
       .no_hints = {"_ape", "mixed"},
       .always = {"cls_token"},
       .why = "it has layer scale, no stored positions, and is called so",
       .names = &kRopeVit,
       .position = kAxial,
       .input = {.input_px = 224, .mean = kImagenetMean, .std = kImagenetStd}},
      {.name = "timm Perception Encoder",
       .anchor = kTimmAnchor,
       .with = {"norm_pre.weight", "attn_pool.latent", "blocks.#.attn.qkv.weight", "pos_embed"},
       .why = "it has timm's names, a norm before block 0 and an attention pool",
       .names = &kTimmPerception,
       .eps = 1e-5f,
       .position = kPerceptionPosition,
       .pool_heads = 8,
       .pool_prefix = true,
       .rope_own_grid = true,
       .input = {.crop_pct = 1.0}},
      {.name = "timm Perception Encoder",
       .anchor = kTimmAnchor,
       .with = {"norm_pre.weight", "blocks.#.attn.qkv.weight", "pos_embed"},
       .without = {"norm.weight", "fc_norm.weight", "attn_pool.latent"},
       .hints = {"vit_pe_spatial", "vit_pe_lang", "pe-spatial", "pe-lang", "pe_spatial", "pe_lang"},
       .why = "it has timm's names, a norm before block 0 and none behind the last, and is called so",
       .names = &kTimmPerceptionTower,
       .eps = 1e-5f,
       .position = kPerceptionPosition,
       .rope_own_grid = true,
       .input = {.crop_pct = 1.0}},
      {.name = "Perception Encoder",
       .anchor = "conv1.weight",
       .with = {"positional_embedding", "attn_pool.probe", "ln_post.weight",
                "transformer.resblocks.#.attn.in_proj_weight"},
       .why = "it has the original's names and an attention pool",
       .names = &kPerception,
       .eps = 1e-5f,
       .position = kPerceptionFixed,
       .pool_heads = 8,
       .pool_prefix = true,
       .rope_own_grid = true,
       .input = kPerceptionInput},
      {.name = "MLCD",
       .anchor = "embeddings.patch_embedding.weight",
       .with = {"class_pos_emb", "embeddings.class_embedding", "encoder.layers.#.self_attn.q_proj.weight"},
       .without = {"embeddings.position_embedding.weight"},
       .always = {"class_pos_emb", "embeddings.class_embedding"},
       .why = "it has Hugging Face's names of a CLIP vision tower and angles of the class token",
       .names = &kMlcd,
       .eps = 1e-5f,
       .activation = Activation::quick_gelu,
       .position = kMlcdPosition,
       .input = kMlcdInput},
  };
}

}  // namespace vit
