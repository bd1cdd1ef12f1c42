// A photo for display: not larger than the window can use, and halved again and again for drawing it small.
#pragma once

#include <memory>
#include <vector>

#include "engine/image/image.h"

namespace headlight {

inline constexpr int kDisplayPx = 3072;  // longer side of the first level, at most

/// Level 0, then each half as wide and high as the one before (rounded down, at least 1), to 1×1: OpenGL's mipmaps.
using PhotoLevels = std::vector<std::shared_ptr<const vit::Image>>;

/// Shares the photo itself where it is small enough. For the worker: a large photo takes tens of milliseconds.
PhotoLevels photo_levels(const std::shared_ptr<const vit::Image>& photo);

}  // namespace headlight
