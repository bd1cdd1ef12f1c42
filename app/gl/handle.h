// OpenGL names that delete themselves. Main thread only, while the context is current.
#pragma once

#include <epoxy/gl.h>

#include <utility>

namespace headlight::gl {

/// Owns one OpenGL name; moved, never copied.
template <class Kind>
class Handle {
 public:
  Handle() = default;
  explicit Handle(GLuint name) : name_(name) {}
  static Handle make() {
    GLuint name = 0;
    Kind::create(&name);
    return Handle(name);
  }
  Handle(Handle&& other) noexcept : name_(std::exchange(other.name_, 0)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(name_, other.name_);
    return *this;
  }
  ~Handle() {
    if (name_ != 0) Kind::destroy(name_);
  }
  GLuint name() const { return name_; }
  explicit operator bool() const { return name_ != 0; }

 private:
  GLuint name_ = 0;
};

struct TextureKind {
  static void create(GLuint* name) { glGenTextures(1, name); }
  static void destroy(GLuint name) { glDeleteTextures(1, &name); }
};
struct FramebufferKind {
  static void create(GLuint* name) { glGenFramebuffers(1, name); }
  static void destroy(GLuint name) { glDeleteFramebuffers(1, &name); }
};
struct VertexArrayKind {
  static void create(GLuint* name) { glGenVertexArrays(1, name); }
  static void destroy(GLuint name) { glDeleteVertexArrays(1, &name); }
};
struct ProgramKind {
  static void create(GLuint* name) { *name = glCreateProgram(); }
  static void destroy(GLuint name) { glDeleteProgram(name); }
};

using Texture = Handle<TextureKind>;
using Framebuffer = Handle<FramebufferKind>;
using VertexArray = Handle<VertexArrayKind>;
using ProgramHandle = Handle<ProgramKind>;

}  // namespace headlight::gl
