// What the files beside a checkpoint say about it: our own, timm's, Hugging Face's and OpenCLIP's JSON.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/image/preprocessing.h"
#include "engine/network/model.h"

namespace vit {

/// A value and the words that say where it was read.
template <typename T>
struct Hint {
  T value{};
  std::string reason;  // "num_attention_heads in config.json"
};

struct ModelHints {
  std::string architecture;  // timm's name, or empty
  std::string words;         // file, folder, architecture in lower case: for hints of families
  std::optional<Hint<int>> num_heads, channels, depth, patch_px;
  std::optional<Hint<float>> eps;
  std::optional<Hint<double>> rope_base;
  std::optional<Hint<Activation>> activation;
  std::optional<Hint<ModelConfig::Pool>> pool;
  std::optional<Hint<std::array<float, 3>>> mean, std;
  std::optional<Hint<Interpolation>> interpolation;
  std::optional<Hint<std::pair<int, int>>> input_px;  // height, width
  std::optional<Hint<double>> crop_pct;
  std::optional<Hint<int>> shorter_side_px;  // before the crop
  std::optional<Hint<bool>> squash;          // true: to the input size whatever the aspect ratio
  std::optional<Hint<int>> squash_px;        // before the crop, if not the input size
  bool crop_rounds_down = false;
  std::vector<std::string> labels;
  std::string labels_reason;
};

/// Reads what lies beside `file`: NAME.json or config.json, open_clip_config.json, preprocessor_config.json. What is
/// not there or has another type is left out; a file that is no JSON throws Error.
ModelHints read_hints(const std::filesystem::path& file);

}  // namespace vit
