// Finds what ships beside the program (models, photographs, labels), from the executable's own path.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

namespace headlight {

/// Where this program's file lies. Throws vit::Error if the system does not say.
std::filesystem::path executable_path();

/// The assets of a program at `executable`: `share/headlight/assets` beside its `bin` folder when installed, else the
/// nearest `assets` folder with models in it, going up from the executable (a build tree).
std::optional<std::filesystem::path> find_assets(const std::filesystem::path& executable);

/// The assets of this program. Throws vit::Error that says where they were looked for.
std::filesystem::path assets_folder();

/// The only *.safetensors file in a folder. Throws vit::Error if there is none or more than one.
std::filesystem::path single_model(const std::filesystem::path& folder);

/// The model that opens when the user names none: a real network, for maps.
std::filesystem::path default_model();

/// The one for what needs classes: predictions and accuracies. Small, trained here.
std::filesystem::path default_classifier();

/// The photographs among the assets, the first one for the first screen, then by name; empty if there are none.
std::vector<std::filesystem::path> sample_images();

/// ImageNet's thousand class names, if they ship with this program.
std::optional<std::filesystem::path> imagenet_labels();

}  // namespace headlight
