// An image as a texture, to be drawn as it is.
#pragma once

#include "app/gl/handle.h"
#include "engine/image/image.h"

namespace headlight::gl {

enum class Sampling { smooth, pixels };  // pixels: each stays a square when it is drawn large

class Picture {
 public:
  Picture() = default;
  Picture(const vit::Image& image, Sampling sampling);
  explicit operator bool() const { return bool(texture_); }
  GLuint texture() const { return texture_.name(); }
  int width() const { return width_; }    // px
  int height() const { return height_; }  // px

 private:
  Texture texture_;
  int width_ = 0, height_ = 0;
};

}  // namespace headlight::gl
