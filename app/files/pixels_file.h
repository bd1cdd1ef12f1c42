// Pixels that another program prepared, from a safetensors file: for comparing numbers without comparing decoders.
#pragma once

#include <filesystem>

#include "engine/image/preprocessing.h"

namespace headlight {

/// The tensor `pixels` (3, H, W) or (1, 3, H, W), normalised already. `rules` are the model's: the picture to look at
/// is made with their mean and std. Throws vit::Error.
vit::Pixels load_pixels(const std::filesystem::path& file, const vit::Preprocessing& rules);

}  // namespace headlight
