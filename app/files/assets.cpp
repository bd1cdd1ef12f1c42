#include "app/files/assets.h"

#include <algorithm>
#include <system_error>

#include "engine/base/error.h"
#include "engine/base/lower.h"

#ifdef __APPLE__
#include <mach-o/dyld.h>

#include <string>
#endif

namespace headlight {
namespace fs = std::filesystem;
namespace {

/// A build tree lies at most this many folders below the one that holds `assets`.
constexpr int kLevelsUp = 5;

bool holds_models(const fs::path& assets) {
  std::error_code ignored;
  return fs::is_directory(assets / "models", ignored);
}

}  // namespace

fs::path executable_path() {
#ifdef __APPLE__
  std::string name(4096, '\0');
  auto size = static_cast<std::uint32_t>(name.size());
  if (_NSGetExecutablePath(name.data(), &size) == 0) return fs::canonical(name.c_str());
  throw vit::Error("The system does not say where this program lies, so its assets cannot be found.");
#else
  std::error_code error;
  fs::path path = fs::read_symlink("/proc/self/exe", error);
  if (error) throw vit::Error("/proc/self/exe cannot be read, so the program's assets cannot be found.");
  return path;
#endif
}

std::optional<fs::path> find_assets(const fs::path& executable) {
  const fs::path folder = executable.parent_path();
  const fs::path installed = folder.parent_path() / "share" / "headlight" / "assets";
  if (holds_models(installed)) return installed;
  fs::path above = folder;
  for (int level = 0; level < kLevelsUp; ++level) {
    if (holds_models(above / "assets")) return above / "assets";
    if (above == above.parent_path()) break;
    above = above.parent_path();
  }
  return std::nullopt;
}

fs::path assets_folder() {
  const fs::path executable = executable_path();
  if (auto found = find_assets(executable)) return fs::canonical(*found);  // not by way of a build tree's link
  throw vit::Error("No assets folder was found above " + executable.string() +
                   " nor in ../share/headlight beside it; name a model with --model.");
}

fs::path single_model(const fs::path& folder) {
  std::vector<fs::path> models;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".safetensors") models.push_back(entry.path());
  if (models.size() == 1) return models.front();
  throw vit::Error(folder.string() + (models.empty() ? " holds no *.safetensors file" : " holds more than one model") +
                   "; name one with --model.");
}

fs::path default_model() {
  return assets_folder() / "models" / "dinov2-small-saliency";
}

fs::path default_classifier() {
  return single_model(assets_folder() / "models");
}

std::vector<fs::path> sample_images() {
  std::vector<fs::path> images;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(assets_folder() / "images", error)) {
    const std::string extension = vit::lower(entry.path().extension().string());
    if (extension == ".png" || extension == ".jpg" || extension == ".jpeg") images.push_back(entry.path());
  }
  std::sort(images.begin(), images.end());
  // The one that the default network shows most on comes first.
  std::stable_partition(images.begin(), images.end(), [](const fs::path& image) { return image.stem() == "moose"; });
  return images;
}

std::optional<fs::path> imagenet_labels() {
  const std::optional<fs::path> assets = find_assets(executable_path());
  if (!assets) return std::nullopt;
  const fs::path file = *assets / "labels" / "imagenet-1k.txt";
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return std::nullopt;
  return file;
}

}  // namespace headlight
