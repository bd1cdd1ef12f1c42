// A linked shader program and its uniforms by name.
#pragma once

#include <string>

#include "app/gl/handle.h"

namespace headlight::gl {

class Program {
 public:
  /// Throws vit::Error with the driver's words if the shaders do not compile: no driver of OpenGL 3.3 may refuse them.
  Program(const char* vertex_source, const char* fragment_source);

  void use() const { glUseProgram(handle_.name()); }
  GLint uniform(const char* name) const { return glGetUniformLocation(handle_.name(), name); }

 private:
  ProgramHandle handle_;
};

}  // namespace headlight::gl
