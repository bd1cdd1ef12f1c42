#include "app/window/lost_display.h"

#include <cstdio>
#include <utility>

#if defined(__unix__) && !defined(__APPLE__)
#include <dlfcn.h>
#include <unistd.h>
#endif

namespace headlight {

#if defined(__unix__) && !defined(__APPLE__)

namespace {

using Handler = int (*)(void* display);

std::function<void()> save_first;  // main thread only, as all of Xlib here

int end_here(void*) {
  // Saving must not meet the same end again.
  if (const auto save = std::exchange(save_first, nullptr)) save();
  std::fprintf(stderr, "headlight: The display is gone, and the window with it; settings are saved.\n");
  ::_exit(1);
}

/// GLFW has loaded Xlib, or there is none.
void set_handler(Handler handler) {
  void* const xlib = ::dlopen("libX11.so.6", RTLD_LAZY | RTLD_NOLOAD);
  if (xlib == nullptr) return;
  using Set = Handler (*)(Handler);
  if (const auto set = reinterpret_cast<Set>(::dlsym(xlib, "XSetIOErrorHandler"))) set(handler);
  ::dlclose(xlib);
}

}  // namespace

LostDisplay::LostDisplay(std::function<void()> save) {
  save_first = std::move(save);
  set_handler(end_here);
}

LostDisplay::~LostDisplay() {
  set_handler(nullptr);
  save_first = nullptr;
}

#else

LostDisplay::LostDisplay(std::function<void()>) {}
LostDisplay::~LostDisplay() = default;

#endif

}  // namespace headlight
