// The inputs of a picture that lies in a canvas: it is painted again where one of them differs.
#pragma once

#include <imgui.h>

#include <cstdint>

#include "app/gl/heatmap_painter.h"

namespace headlight {

struct DrawnMap {
  std::uint64_t maps = 0, photo = 0;  // serial number of the set, version of the photo
  int map = 0;
  vit::Look look;
  vit::Range range;
  gl::Frame frame;
  ImU32 background = 0;
  bool operator==(const DrawnMap&) const = default;
};

}  // namespace headlight
