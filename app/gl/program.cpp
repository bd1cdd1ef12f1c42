#include "app/gl/program.h"

#include <array>

#include "engine/base/error.h"

namespace headlight::gl {

namespace {

GLuint compile(GLenum kind, const char* source) {
  const GLuint shader = glCreateShader(kind);
  glShaderSource(shader, 1, &source, nullptr);
  glCompileShader(shader);
  GLint done = GL_FALSE;
  glGetShaderiv(shader, GL_COMPILE_STATUS, &done);
  if (done == GL_TRUE) return shader;
  std::array<char, 1024> log{};
  glGetShaderInfoLog(shader, static_cast<GLsizei>(log.size()) - 1, nullptr, log.data());
  glDeleteShader(shader);
  throw vit::Error(std::string("The graphics driver refuses a shader: ") + log.data());
}

}  // namespace

Program::Program(const char* vertex_source, const char* fragment_source) : handle_(ProgramHandle::make()) {
  const GLuint vertex = compile(GL_VERTEX_SHADER, vertex_source);
  const GLuint fragment = compile(GL_FRAGMENT_SHADER, fragment_source);
  glAttachShader(handle_.name(), vertex);
  glAttachShader(handle_.name(), fragment);
  glLinkProgram(handle_.name());
  glDeleteShader(vertex);
  glDeleteShader(fragment);
  GLint done = GL_FALSE;
  glGetProgramiv(handle_.name(), GL_LINK_STATUS, &done);
  if (done == GL_TRUE) return;
  std::array<char, 1024> log{};
  glGetProgramInfoLog(handle_.name(), static_cast<GLsizei>(log.size()) - 1, nullptr, log.data());
  throw vit::Error(std::string("The graphics driver does not link a shader: ") + log.data());
}

}  // namespace headlight::gl
