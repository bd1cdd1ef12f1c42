// The rows of the table of families, and the conventions that several of them share. Included by nobody but them.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "engine/checkpoint/family.h"

namespace vit {

inline constexpr std::array<float, 3> kHalf = {0.5f, 0.5f, 0.5f};
inline constexpr std::array<float, 3> kImagenetMean = {0.485f, 0.456f, 0.406f};
inline constexpr std::array<float, 3> kImagenetStd = {0.229f, 0.224f, 0.225f};
inline constexpr std::array<float, 3> kClipMean = {0.48145466f, 0.4578275f, 0.40821073f};
inline constexpr std::array<float, 3> kClipStd = {0.26862954f, 0.26130258f, 0.27577711f};

inline const PositionRule kTimmPosition{};
inline const PositionRule kPlainBicubic{.antialias = false};
inline const PositionRule kDinoPosition{.antialias = false, .offset = 0.1};
inline const PositionRule kBilinear{.antialias = false, .bicubic = false};
inline const PositionRule kDinov3Position{
    .learned = false, .covers_prefix = false, .rotary = PositionRule::Rotary::halves};
inline const PositionRule kEva02Position{
    .rotary = PositionRule::Rotary::pairs, .rope_place = PositionRule::Place::scaled, .rope_base = 10000};
inline const PositionRule kTimmRotary{.learned = false,
                                      .covers_prefix = false,
                                      .rotary = PositionRule::Rotary::pairs,
                                      .rope_place = PositionRule::Place::scaled,
                                      .rope_base = 10000};
inline const PositionRule kFixed{.antialias = false, .resampled = false};

// The shorter side becomes 256 for 224: the evaluation of DINO, DINOv2, MAE.
inline const InputDefaults kEvaluationInput{
    .crop_pct = 0.875, .crop_pct_large = 0.875, .mean = kImagenetMean, .std = kImagenetStd};
inline const InputDefaults kDinov2Input{
    .crop_pct = 0.875, .crop_pct_large = 0.875, .input_px = 224, .mean = kImagenetMean, .std = kImagenetStd};
inline const InputDefaults kDinov3Input{.crop_pct = 1.0, .input_px = 224, .mean = kImagenetMean, .std = kImagenetStd};
inline const InputDefaults kEva02Input{.mean = kClipMean, .std = kClipStd};
inline const InputDefaults kClipInput{.crop_pct = 1.0, .mean = kClipMean, .std = kClipStd};
inline const InputDefaults kSquashBilinear{
    .resize = ResizeRule::squash, .crop_pct = 1.0, .interpolation = Interpolation::bilinear};
inline const InputDefaults kBeitInput{};
inline const InputDefaults kBeitV2Input{.mean = kImagenetMean, .std = kImagenetStd};
inline const InputDefaults kSquashBicubic{.resize = ResizeRule::squash, .crop_pct = 1.0};

inline const InputDefaults kMlcdInput{.crop_pct = 1.0, .input_px = 336, .mean = kClipMean, .std = kClipStd};
inline const InputDefaults kPerceptionInput{
    .resize = ResizeRule::squash, .crop_pct = 1.0, .interpolation = Interpolation::bilinear};

// Channels and heads of published networks.
inline const std::vector<std::pair<int, int>> kAimv2Heads = {{768, 6}, {1024, 8}, {1536, 12}, {2048, 16}, {3072, 24}};
inline const std::vector<std::pair<int, int>> kDinov3Heads = {{384, 6}, {768, 12}, {1024, 16}, {1280, 20}, {4096, 32}};
inline const std::vector<std::pair<int, int>> kMocoHeads = {{384, 12}, {768, 12}, {1024, 16}, {1280, 16}};

inline constexpr const char* kTimmAnchor = "patch_embed.proj.weight";
inline constexpr const char* kHuggingFaceAnchor = "embeddings.patch_embeddings.projection.weight";

/// Each in the order in which they are tried.
std::vector<Family> families_of_rotary_networks();
std::vector<Family> families_of_other_tokens();
std::vector<Family> families_of_timm_names();
std::vector<Family> families_of_other_names();
std::vector<Family> families_of_other_blocks();
std::vector<Family> families_of_windows();

}  // namespace vit
