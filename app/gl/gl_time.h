// How much of a thread's time OpenGL's calls take: with a software renderer that is drawing, not the program's own
// work.
#pragma once

namespace headlight::gl {

/// CPU time of this thread, ms.
double thread_cpu_ms();

/// Counts the CPU time of its scope as OpenGL's; a scope within another counts once.
class GlTime {
 public:
  GlTime();
  ~GlTime();
  GlTime(const GlTime&) = delete;
  GlTime& operator=(const GlTime&) = delete;

 private:
  double began_ms_;
};

/// What this thread's scopes took since the last call, ms.
double take_gl_ms();

}  // namespace headlight::gl
