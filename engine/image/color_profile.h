// ICC colour profiles: whether a picture's colours are sRGB's, and converting them where they are not.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "engine/image/image.h"

namespace vit {

struct ColorProfile {
  std::string name;      // "Display P3", as the profile describes itself
  bool is_srgb = false;  // its colours are within two levels of sRGB's
  enum class Kind : unsigned char { rgb, grey, other, unreadable } kind = Kind::unreadable;
};

ColorProfile read_profile(std::span<const std::byte> icc);

/// The pixels in sRGB, perceptual intent, as PIL's ImageCms.profileToProfile makes them. The profile is of kind rgb or
/// grey; a grey one takes the red channel. False where lcms2 cannot convert from it.
bool convert_to_srgb(Image& image, std::span<const std::byte> icc);

}  // namespace vit
