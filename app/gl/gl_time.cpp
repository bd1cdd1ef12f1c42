#include "app/gl/gl_time.h"

#include <ctime>
#include <utility>

namespace headlight::gl {

namespace {

thread_local int depth = 0;
thread_local double spent_ms = 0;

}  // namespace

double thread_cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

GlTime::GlTime() : began_ms_(depth++ == 0 ? thread_cpu_ms() : 0) {}

GlTime::~GlTime() {
  if (--depth == 0) spent_ms += thread_cpu_ms() - began_ms_;
}

double take_gl_ms() {
  return std::exchange(spent_ms, 0);
}

}  // namespace headlight::gl
