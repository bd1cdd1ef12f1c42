// What the names of timm's Vision Transformers imply beyond their tensors.
#pragma once

#include <array>
#include <span>
#include <string>

#include "engine/network/model.h"

namespace vit {

struct Architecture {
  const char* name = "";     // "vit_base_patch16_224"
  const char* refusal = "";  // what it computes that no plain ViT does, or empty
  int channels = 0, depth = 0, patch_px = 0;
  int heads = 0;
  Activation activation = Activation::gelu;  // of an MLP without a gate
  float eps = 1e-6f;                         // of the blocks' norms
  bool rms_norm = false;
  bool class_token = true;
  int registers = 0;
  bool post_norm = false;           // norms behind the branches of its blocks
  bool position_bilinear = false;   // NaFlexViT resamples its positions bilinearly, …
  bool position_plain = false;      // … without antialiasing, …
  bool position_corners = false;    // … with the outermost in their places, …
  bool position_of_square = false;  // … or as PositionRule::of_square has it
  bool pool_mean = false;           // its head reads the mean of the patches
  bool pool_prefix = false;         // its attention pool looks at class token and registers, too
  bool no_norm = false;             // no norm behind its last block
  double rope_base = 0;             // of rotary positions; 0: it has none, or those of DINOv3
  int rope_side = 0;                // they are scaled to a grid of so many patches, or 0: counted
  double rope_offset = 0;
  bool rope_columns_first = false;
  bool no_positions = false;  // beside the relative ones, of networks that mostly have them
  int window = 0;             // patches on a side of the windows of its blocks, but for:
  std::array<int, 4> global_blocks = {};
};

/// All of them, in the order of their names.
std::span<const Architecture> architectures();

/// By name, whatever follows the first dot ("vit_base_patch16_224.augreg_in21k"), or null.
const Architecture* architecture_named(const std::string& name);

}  // namespace vit
