// Palettes with fewer colours than pixels name.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/image/image_format.h"

namespace vit {

/// A PNG or BMP file with a palette of all 256 colours, empty where it has no palette or all of them. What a short one
/// lacks is a ramp of grey, as PIL has it; stb_image reads it from memory that nobody has written.
std::vector<std::byte> with_whole_palette(std::span<const std::byte> bytes, ImageFormat format);

}  // namespace vit
