// A picture to draw into: an RGBA8 texture behind a framebuffer, row 0 at the top.
#pragma once

#include "app/gl/handle.h"
#include "engine/image/image.h"

namespace headlight::gl {

class Canvas {
 public:
  /// Makes it this large; the pixels are undefined after a change. Returns true if the size changed.
  bool resize(int width_px, int height_px);
  /// Draw calls go here until the next `bind` of another target.
  void bind() const;
  /// Once drawn: it may be shown at any size from now on, smaller by the means of its pixels, larger as squares.
  void make_smaller_copies() const;
  int width() const { return width_; }
  int height() const { return height_; }
  GLuint texture() const { return texture_.name(); }
  vit::Image read(int x, int y, int width, int height) const;

 private:
  Texture texture_;
  Framebuffer framebuffer_;
  int width_ = 0, height_ = 0;
};

/// Draw calls go to the window again.
void bind_window();

}  // namespace headlight::gl
