#include "app/hub/model_hub.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <system_error>

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

bool is_fetched(const HubModel& model, const std::filesystem::path& folder) {
  std::error_code error;
  return std::filesystem::exists(folder / model.name / "model.safetensors", error);
}

const std::vector<HubModel>& hub_models() {
  static const std::vector<HubModel> models = [] {
    std::vector<HubModel> list = {
        {"vit_small_patch16_224.dino", "", "DINO ViT-S/16", "Learned without labels; its heads outline objects.", 87},
        {"vit_small_patch8_224.dino", "", "DINO ViT-S/8", "The same with patches of 8 pixels: the finest maps, slow.",
         87},
        {"vit_small_patch14_dinov2.lvd142m", "", "DINOv2 ViT-S/14",
         "Good features for search, at 518 pixels; a few background patches stand out.", 88},
        {"vit_small_patch14_reg4_dinov2.lvd142m", "", "DINOv2 ViT-S/14, 4 registers",
         "The same with four tokens that take in what stands out: cleaner maps.", 88},
        {"vit_tiny_patch16_224.augreg_in21k_ft_in1k", "", "ViT-Ti/16, ImageNet",
         "Names 1,000 things; the smallest and fastest, three heads.", 23},
        {"vit_small_patch16_224.augreg_in21k_ft_in1k", "", "ViT-S/16, ImageNet", "Names 1,000 things; six heads.", 88},
        {"vit_base_patch16_224.augreg2_in21k_ft_in1k", "", "ViT-B/16, ImageNet",
         "Names 1,000 things; the network that most papers mean by ViT-B.", 346},
    };
    for (HubModel& model : list) model.repository = "timm/" + model.name;
    return list;
  }();
  return models;
}

HubModel find_hub_model(const std::string& name) {
  for (const HubModel& model : hub_models())
    if (name == model.name || name == model.repository) return model;
  const auto slash = name.find('/');
  if (slash != std::string::npos && is_plain(name.substr(0, slash)) && is_plain(name.substr(slash + 1)))
    return {name.substr(slash + 1), name, "", "", 0};
  throw vit::Error("No model is called \"" + name +
                   "\": name one that `headlight get` lists, or any repository as OWNER/NAME.");
}

std::filesystem::path hub_folder() {
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data == '/')
    return std::filesystem::path(data) / "headlight" / "models";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') throw vit::Error("No home folder is known: name one with --out.");
  return std::filesystem::path(home) / ".local" / "share" / "headlight" / "models";
}

std::filesystem::path get_model(const HubModel& model, const std::filesystem::path& folder,
                                const std::function<void(const HubProgress&)>& progress, const std::stop_token& stop) {
  std::filesystem::path target = folder / model.name;
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
