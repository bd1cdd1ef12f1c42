#include "app/hub/model_hub.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "app/hub/download.h"
#include "engine/base/error.h"

namespace headlight {
namespace {

constexpr const char* kDefaultServer = "https://huggingface.co";

std::string server() {
  const char* endpoint = std::getenv("HF_ENDPOINT");
  std::string url = endpoint != nullptr && *endpoint != '\0' ? endpoint : kDefaultServer;
  while (url.ends_with('/')) url.pop_back();
  return url;
}

/// Letters, digits and "._-" only, so that a name is neither a path nor a query.
bool is_plain(const std::string& part) {
  return !part.empty() && part.front() != '.' && std::all_of(part.begin(), part.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '_' || c == '-';
  });
}

}  // namespace

const std::vector<HubModel>& hub_models() {
  static const std::vector<HubModel> models = [] {
    std::vector<HubModel> list = {
        {"vit_tiny_patch16_224.augreg_in21k_ft_in1k", "", "ImageNet classes, the smallest: 3 heads", 23},
        {"vit_small_patch16_224.augreg_in21k_ft_in1k", "", "ImageNet classes, 6 heads", 88},
        {"vit_base_patch16_224.augreg2_in21k_ft_in1k", "", "ImageNet classes, 12 heads: the standard ViT-B", 346},
        {"vit_small_patch16_224.dino", "", "DINO: heads outline objects without labels", 87},
        {"vit_small_patch8_224.dino", "", "DINO with patches of 8: the finest maps", 87},
        {"vit_small_patch14_dinov2.lvd142m", "", "DINOv2 at 518 pixels: look for outlier patches", 88},
        {"vit_small_patch14_reg4_dinov2.lvd142m", "", "DINOv2 with 4 registers: the outliers move into them", 88},
    };
    for (HubModel& model : list) model.repository = "timm/" + model.name;
    return list;
  }();
  return models;
}

HubModel find_hub_model(const std::string& name) {
  std::string known;
  for (const HubModel& model : hub_models()) {
    if (name == model.name || name == model.repository) return model;
    known += "\n  " + model.name;
  }
  const auto slash = name.find('/');
  if (slash != std::string::npos && is_plain(name.substr(0, slash)) && is_plain(name.substr(slash + 1)))
    return {name.substr(slash + 1), name, "", 0};
  throw vit::Error("No model is called \"" + name + "\": name a repository as owner/name, or one of these:" + known);
}

std::filesystem::path hub_folder() {
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data == '/')
    return std::filesystem::path(data) / "headlight" / "models";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') throw vit::Error("No home folder is known: name one with --out.");
  return std::filesystem::path(home) / ".local" / "share" / "headlight" / "models";
}

std::filesystem::path get_model(const HubModel& model, const std::filesystem::path& folder,
                                const std::function<void(const HubProgress&)>& progress, std::stop_token stop) {
  const std::filesystem::path target = folder / model.name;
  for (const std::string file : {"config.json", "model.safetensors"}) {
    Download request{.url = server() + "/" + model.repository + "/resolve/main/" + file,
                     .file = target / file,
                     .stop = stop,
                     .progress = {}};
    if (progress) request.progress = [&](std::int64_t done, std::int64_t total) { progress({file, done, total}); };
    download(request);
  }
  return target;
}

}  // namespace headlight
