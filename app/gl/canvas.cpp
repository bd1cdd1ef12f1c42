#include "app/gl/canvas.h"

#include "app/gl/gl_time.h"

namespace headlight::gl {

bool Canvas::resize(int width_px, int height_px) {
  if (width_px == width_ && height_px == height_) return false;
  const GlTime time;
  width_ = width_px;
  height_ = height_px;
  if (!texture_) texture_ = Texture::make();
  glBindTexture(GL_TEXTURE_2D, texture_.name());
  glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, width_, height_, 0, GL_RGBA, GL_UNSIGNED_BYTE, nullptr);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
  if (!framebuffer_) framebuffer_ = Framebuffer::make();
  glBindFramebuffer(GL_FRAMEBUFFER, framebuffer_.name());
  glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture_.name(), 0);
  bind_window();
  return true;
}

void Canvas::bind() const {
  glBindFramebuffer(GL_FRAMEBUFFER, framebuffer_.name());
}

void Canvas::make_smaller_copies() const {
  const GlTime time;
  glBindTexture(GL_TEXTURE_2D, texture_.name());
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR_MIPMAP_LINEAR);
  glGenerateMipmap(GL_TEXTURE_2D);
}

vit::Image Canvas::read(int x, int y, int width, int height) const {
  vit::Image image{.width = width, .height = height, .rgb = {}, .name = {}};
  image.rgb.resize(static_cast<std::size_t>(3) * width * height);
  glBindFramebuffer(GL_READ_FRAMEBUFFER, framebuffer_.name());
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  glReadPixels(x, y, width, height, GL_RGB, GL_UNSIGNED_BYTE, image.rgb.data());
  bind_window();
  return image;
}

void bind_window() {
  glBindFramebuffer(GL_FRAMEBUFFER, 0);
}

}  // namespace headlight::gl
