// A picture that Dear ImGui shows as it is, pixel for pixel.
#pragma once

#include <cstdint>
#include <span>

#include "app/gl/handle.h"

namespace headlight::gl {

/// Main thread only, while the context is current.
class PictureTexture {
 public:
  /// `rgba`: (height, width, 4).
  void upload(int width, int height, std::span<const std::uint8_t> rgba);
  unsigned name() const { return texture_.name(); }
  int width() const { return width_; }
  int height() const { return height_; }

 private:
  Texture texture_;
  int width_ = 0, height_ = 0;
};

}  // namespace headlight::gl
