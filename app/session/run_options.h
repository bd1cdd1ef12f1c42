// What a user asks for beyond the trained defaults, as written on the command line or chosen in the window: model,
// image, settings and preprocessing, and how these turn into what the engine takes.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "engine/checkpoint/load_model.h"
#include "engine/image/preprocessing.h"
#include "engine/network/model.h"
#include "engine/network/settings.h"

namespace headlight {

/// Changes to a model's own preprocessing, as text where the command line has text; empty: as the model says.
struct PreprocessingOptions {
  std::string resize{};  // "248", "shorter:248", "longer:448", "squash", "squash:256" (before the crop), "none"
  std::string crop{};    // "224", "224x448" (width x height), "multiple"
  std::optional<vit::Interpolation> interpolation{};
  std::string crop_rounding{};                        // of half an odd surplus: "even" (torchvision), "down"
  std::optional<std::array<float, 3>> mean{}, std{};  // of RGB in 0…1
  bool operator==(const PreprocessingOptions&) const = default;
};

/// The options that all commands and the window share. Empty and absent values mean the default.
struct RunOptions {
  std::string model;          // file, folder or "random:…"; empty: the model among the assets
  std::string image;          // empty: none given
  std::string pixels;         // a safetensors file in place of an image
  vit::ImageReading reading;  // its levels and its colour profile
  vit::LoadOptions load;
  std::string num_heads;     // "12" for all blocks, "0:4,5:96" for some
  std::string heads_off;     // "5:0,3" heads of a block, "5:0,3,7:1-4,all:2" of several, "5:all" all of them
  std::string heads_scaled;  // "5:0=0.5,3=2,7:1-4=1.5,all:2=0.25": heads named likewise, each with its factor
  bool qkv_bias = true;
  bool training = false;
  float attn_drop = 0.f, proj_drop = 0.f;
  std::uint64_t seed = 0;
  std::optional<vit::Kernel> kernel;
  std::optional<vit::Precision> precision;
  int threads = 0;  // 0: all processors
  PreprocessingOptions preprocessing;
};

/// Head counts of every block from "12" or "0:4,5:96"; blocks that are not named keep their trained count.
/// Throws Error where the text cannot be read, a block does not exist or a count does not divide C.
std::vector<int> parse_num_heads(const std::string& text, const vit::ModelConfig& config);

/// Switches off the heads that "5:0,3,7:1-4" names: of each BLOCK (or "all") heads, spans of them, or "all". Throws
/// Error where the text cannot be read, or names a block or head that does not exist.
void switch_heads_off(const std::string& text, vit::Numbers& numbers);

/// Gives the heads that "5:0=0.5,3=2" names their factors. Throws Error as above, for a factor that is out of range,
/// and for a head that is off.
void scale_heads(const std::string& text, vit::Numbers& numbers);

/// Three numbers from "0.5,0.5,0.5" or one for all three channels. Throws Error.
std::array<float, 3> parse_rgb(const std::string& text);

/// The trained settings with the user's changes, validated. Throws Error.
vit::Settings settings_for(const RunOptions& options, const vit::ModelConfig& config);

/// The model's preprocessing with the user's changes. A new crop without a new resize scales the resize with it, so
/// that the same part of the picture is seen. Throws Error.
vit::Preprocessing preprocessing_for(const PreprocessingOptions& options, vit::Preprocessing base);

}  // namespace headlight
