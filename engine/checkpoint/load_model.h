// From a checkpoint to a model that runs, and a report of how that was understood.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/network/model.h"

namespace vit {

/// Overrides for what a checkpoint does not say, from the command line or the window.
struct LoadOptions {
  std::optional<int> num_heads;
  std::optional<float> eps;
  std::optional<Activation> activation;  // not of a SwiGLU network, which has none
  std::optional<std::string> family;
  std::optional<std::string> weights;           // which of several copies in the file: "target_encoder"
  std::optional<std::pair<int, int>> grid;      // rows and columns of the stored positions, where no file says it
  std::optional<std::filesystem::path> labels;  // one class name a line, or JSON
  std::optional<std::filesystem::path> imagenet_labels;  // shipped names for K = 1000
  bool operator==(const LoadOptions&) const = default;
};

/// Reads a checkpoint: a file (safetensors and other formats, see tensor_file.h), a folder as Hugging Face lays it out,
/// or "random:C=768,L=12,h=12,P=16,S=224,K=1000,seed=1". Throws Error with one sentence that names the file or tensor.
/// `progress` hears 0 … 1.
std::shared_ptr<const Model> load_model(const std::string& source, const LoadOptions& options = {},
                                        const std::function<void(double)>& progress = {});

/// Of a report: what was guessed that changes the maps, and the warnings (named so).
std::vector<Fact> doubts_of(const LoadReport& report);
/// "activation QuickGELU is a guess: no file says it", or what is warned of.
std::string doubt_text(const Fact& doubt);

}  // namespace vit
