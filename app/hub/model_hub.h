// Well-known larger models that `headlight get NAME` fetches for those who have a network.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace headlight {

struct HubModel {
  std::string name;         // "vit_small_patch16_224.dino"
  std::string repository;   // "timm/vit_small_patch16_224.dino"
  std::string title;        // "DINO ViT-S/16"
  std::string description;  // what it is good for, one sentence
  double megabytes = 0;     // of model.safetensors, about
};

/// The models that the window offers. Other Hugging Face repositories can be named as "owner/name".
const std::vector<HubModel>& hub_models();

/// By name, by repository, or any "owner/name". Throws vit::Error that lists the known names.
HubModel find_hub_model(const std::string& name);

/// Where fetched models lie: $XDG_DATA_HOME/headlight/models, else ~/.local/share/headlight/models.
std::filesystem::path hub_folder();

/// It lies there whole: opens without a network.
bool is_fetched(const HubModel& model, const std::filesystem::path& folder);

struct HubProgress {
  std::string file;                  // "model.safetensors"
  std::int64_t done = 0, total = 0;  // bytes; total 0 while unknown
};

/// Fetches `config.json` and `model.safetensors` into `folder`/NAME and returns that folder, which opens as a model.
/// The server is $HF_ENDPOINT, else Hugging Face. Files that are there already and whole are kept.
/// Throws vit::Error and vit::Cancelled as download() does. Any thread.
std::filesystem::path get_model(const HubModel& model, const std::filesystem::path& folder,
                                const std::function<void(const HubProgress&)>& progress = {},
                                const std::stop_token& stop = {});

}  // namespace headlight
