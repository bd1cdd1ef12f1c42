// What the files beside a checkpoint say about it: our own, timm's, Hugging Face's and OpenCLIP's JSON.
#pragma once

#include <array>
#include <filesystem>
#include <map>
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

/// A field that is known and has a value that is not.
struct Problem {
  std::string topic;     // the fact that it belongs to: "heads", "activation", …
  std::string sentence;  // what is wrong; what to do stands in its end
};

struct ModelHints {
  std::string architecture;     // timm's name, or empty
  std::string file_name;        // "vit_base_patch16_224.pth", in lower case
  std::string model_type;       // Hugging Face's, of the vision tower where there are several
  bool changes_tokens = false;  // model_args names the tokens before the patches
  bool has_config = false;      // a configuration was read that says something of the network
  bool of_openai = false;       // the file is an archive of OpenAI's own
  std::string words;            // file, folder, architecture in lower case: for hints of families
  std::optional<Hint<int>> num_heads, channels, depth, patch_px, registers, detection_tokens, class_tokens;
  std::optional<Hint<float>> eps;
  std::optional<Hint<double>> rope_base;
  std::optional<Hint<Activation>> activation;
  std::optional<Hint<Activation>> open_clip_activation;  // by OpenCLIP's configuration, of a tower with its names
  std::optional<Hint<int>> head_width;                   // where no number of heads is told
  std::optional<Hint<bool>> rms_norm;                    // true: the norms are RMSNorm
  std::optional<Hint<bool>> corners;                     // RADIO: PositionRule::corners
  std::optional<Hint<bool>> rotary, query_norm, norm_pre, class_token, layer_scale;    // timm: which it has
  std::optional<Hint<bool>> mid_positions;                                             // true: YOLOS has them
  std::optional<Hint<bool>> absolute_positions, relative_positions, shared_positions;  // BEiT: which it has
  std::optional<Hint<int>> window;                                     // patches on a side of a block's windows
  std::optional<Hint<std::vector<int>>> global_blocks, window_blocks;  // those that have none, or that have them
  std::optional<Hint<ModelConfig::Pool>> pool;
  std::optional<Hint<std::array<float, 3>>> mean, std;
  std::optional<Hint<float>> rescale;  // of levels, before mean and std
  std::optional<Hint<Interpolation>> interpolation;
  std::optional<Hint<std::pair<int, int>>> input_px;  // height, width
  std::optional<Hint<double>> crop_pct;
  std::optional<Hint<int>> shorter_side_px;             // before the crop
  std::optional<Hint<int>> most_patches;                // of a photo at its own aspect ratio
  std::optional<Hint<int>> longest_px, multiple;        // of the longer side at most; of which both sides are
  std::optional<Hint<bool>> least_change, box, corner;  // true: ResizeRule of that name
  std::optional<Hint<bool>> squash;                     // true: to the input size whatever the aspect ratio
  std::optional<Hint<int>> squash_px;                   // before the crop, if not the input size
  std::optional<Hint<bool>> unresized, uncropped;       // true: that step is left out
  bool crop_rounds_down = false;
  std::vector<std::string> labels;
  std::string labels_reason;

  std::string whole_type;         // model_type of the whole network, where the vision tower has one of its own
  bool plain_classifier = false;  // it is a class of Hugging Face's whose head reads the tokens themselves

  std::vector<Problem> problems;
  std::vector<std::string> warnings;  // "config.json is no valid JSON and was not read"
};

/// Reads what lies beside `file`: NAME.json or config.json, open_clip_config.json, preprocessor_config.json or
/// processor_config.json. What is not there is left out, a file that is no JSON becomes a warning.
ModelHints read_hints(const std::filesystem::path& file);

/// What the graph of an ONNX file says ("eps", "activation", "heads"), which goes before what lies beside it.
void read_graph_hints(const std::map<std::string, std::string>& words, ModelHints& hints);

}  // namespace vit
