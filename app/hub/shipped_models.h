// The networks that ship with the program, in words for those who choose between them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace headlight {

struct ShippedModel {
  std::string id;              // "dinov2-small-saliency"
  std::string name;            // "DINOv2 ViT-S/14, saliency"
  std::string sentence;        // what it is good for
  std::filesystem::path path;  // opens as a model
  std::uintmax_t bytes = 0;    // of its weights
};

/// The default first; without those that are not where the program looks for them. Reads the disk once.
const std::vector<ShippedModel>& shipped_models();

/// Of the model that was opened by this path, or null.
const ShippedModel* shipped_model(const std::filesystem::path& path);

}  // namespace headlight
