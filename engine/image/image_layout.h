// The structure of a picture file whose decoder does not notice that it ends too early, walked without decoding it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/image/image_format.h"

namespace vit {

struct ImageLayout {
  bool complete = false;    // reaches the end that its format prescribes
  std::int64_t width = 0;   // px, as the header states them; 0 if it does not
  std::int64_t height = 0;  // px
};

/// Of PNG, BMP, TGA and PSD; the other formats' decoders tell by themselves.
ImageLayout layout_of(ImageFormat format, std::span<const std::byte> bytes);

}  // namespace vit
