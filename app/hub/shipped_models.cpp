#include "app/hub/shipped_models.h"

#include <algorithm>
#include <system_error>

#include "app/files/assets.h"
#include "engine/base/error.h"

namespace headlight {

namespace {

namespace fs = std::filesystem;

/// Adds the one at `path`, if it is there.
void add(std::vector<ShippedModel>& models, const fs::path& path, const char* name, const char* sentence) {
  std::error_code error;
  const fs::path weights = fs::is_directory(path, error) ? path / "model.safetensors" : path;
  const std::uintmax_t bytes = fs::file_size(weights, error);
  if (!error) models.push_back({path.stem().string(), name, sentence, path, bytes});
}

std::vector<ShippedModel> find() {
  std::vector<ShippedModel> models;
  try {
    add(models, default_model(), "DINOv2 ViT-S/14, saliency",
        "A real pretrained network: its heads outline objects in photographs.");
    add(models, default_classifier(), "Small ViT for CIFAR-10",
        "Small and fast, trained here for ten classes: names what it sees, roughly.");
  } catch (const vit::Error&) {  // a program without its assets opens other networks
  }
  return models;
}

}  // namespace

const std::vector<ShippedModel>& shipped_models() {
  static const std::vector<ShippedModel> models = find();
  return models;
}

const ShippedModel* shipped_model(const fs::path& path) {
  const std::vector<ShippedModel>& models = shipped_models();
  const auto found = std::find_if(models.begin(), models.end(), [&](const ShippedModel& model) {
    std::error_code error;
    return model.path == path || fs::equivalent(model.path, path, error);
  });
  return found == models.end() ? nullptr : &*found;
}

}  // namespace headlight
