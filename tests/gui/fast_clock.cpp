// Preloaded by soak_test.py: GLFW's clock, the one that the window looks at, runs HEADLIGHT_CLOCK_RATE times as fast.
#include <dlfcn.h>

#include <cstdlib>

namespace {

double rate() {
  static const char* const words = std::getenv("HEADLIGHT_CLOCK_RATE");
  static const double number = words == nullptr ? 1 : std::atof(words);
  return number;
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" double glfwGetTime() {
  static const auto real = next<double (*)()>("glfwGetTime");
  return rate() * real();
}

extern "C" void glfwWaitEventsTimeout(double seconds) {
  static const auto real = next<void (*)(double)>("glfwWaitEventsTimeout");
  real(seconds / rate());
}
