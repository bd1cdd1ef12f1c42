#include "app/window/window.h"

#include <epoxy/gl.h>
// GLFW after the loader, so that it declares no OpenGL of its own.
#include <GLFW/glfw3.h>
#include <imgui.h>
#include <imgui_impl_glfw.h>
#include <imgui_impl_opengl3.h>
#include <imgui_internal.h>  // the presses that wait

#include <algorithm>
#include <atomic>
#include <cfloat>
#include <cmath>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>

#include "app/files/png_file.h"
#include "app/files/write_file.h"
#include "app/pages/page.h"
#include "app/session/preferences.h"
#include "app/window/app.h"
#include "app/window/first_files.h"
#include "app/window/frame_log.h"
#include "app/window/lost_display.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/image/image.h"

namespace headlight {

namespace {

constexpr int kFramesPerWake = 3;  // Dear ImGui needs a frame or two to settle after an event
constexpr const char* kGlsl = "#version 330 core";

std::string g_glfw_error;  // written by GLFW's error callback on the main thread

/// Wakes the window from any thread. Before the window is there, and after it has gone, it only notes that it was
/// asked.
class Waker {
 public:
  void wake() {
    woken_ = true;
    const std::lock_guard lock(mutex_);
    if (window_) glfwPostEmptyEvent();
  }
  bool take() { return woken_.exchange(false); }
  bool asked() const { return woken_; }
  void window_is_there(bool there) {
    const std::lock_guard lock(mutex_);
    window_ = there;
  }

 private:
  std::atomic<bool> woken_ = false;
  std::mutex mutex_;
  bool window_ = false;
};

/// GLFW for as long as it is needed.
struct Glfw {
  Glfw() {
    glfwSetErrorCallback([](int, const char* words) { g_glfw_error = words; });
    if (glfwInit() == GLFW_FALSE)
      throw vit::Error("There is no display to open a window on (" + g_glfw_error +
                       "); `headlight export` and `headlight cost` work without one.");
  }
  ~Glfw() { glfwTerminate(); }
  Glfw(const Glfw&) = delete;
  Glfw& operator=(const Glfw&) = delete;
};

/// For as long as there is a window to be woken.
class Awake {
 public:
  explicit Awake(Waker& waker) : waker_(&waker) { waker_->window_is_there(true); }
  ~Awake() { waker_->window_is_there(false); }
  Awake(const Awake&) = delete;
  Awake& operator=(const Awake&) = delete;

 private:
  Waker* waker_;
};

struct CloseWindow {
  void operator()(GLFWwindow* window) const { glfwDestroyWindow(window); }
};
using WindowHandle = std::unique_ptr<GLFWwindow, CloseWindow>;

WindowHandle open_window(int width, int height) {
  glfwWindowHintString(GLFW_X11_CLASS_NAME, "headlight");  // as StartupWMClass of the desktop entry
  glfwWindowHintString(GLFW_X11_INSTANCE_NAME, "headlight");
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 3);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT, GLFW_TRUE);
  if (GLFWmonitor* monitor = glfwGetPrimaryMonitor()) {
    int x = 0, y = 0, w = width, h = height;
    glfwGetMonitorWorkarea(monitor, &x, &y, &w, &h);
    if (w > 0 && h > 0) {
      width = std::min(width, w);
      height = std::min(height, h);
    }
  }
  WindowHandle window(glfwCreateWindow(width, height, "Headlight", nullptr, nullptr));
  if (!window)
    throw vit::Error("The display gives no OpenGL 3.3 (" + g_glfw_error +
                     "); try LIBGL_ALWAYS_SOFTWARE=1. `headlight export` and `headlight cost` work without it.");
  glfwSetWindowSizeLimits(window.get(), 800, 500, GLFW_DONT_CARE, GLFW_DONT_CARE);
  glfwMakeContextCurrent(window.get());
  glfwSwapInterval(1);
  return window;
}

/// What GLFW's callbacks reach through the window's user pointer.
struct Events {
  App* app = nullptr;
  int frames_due = kFramesPerWake;
  std::uint64_t presses = 0;  // see UiMap::Frame
  int width = 0, height = 0;  // of the window, as the system counts
  void wake() { frames_due = kFramesPerWake; }
  void press() {
    ++presses;
    wake();
  }
};

Events& events_of(GLFWwindow* window) {
  return *static_cast<Events*>(glfwGetWindowUserPointer(window));
}

/// Installed before Dear ImGui's, which call these first.
void install_callbacks(GLFWwindow* window) {
  glfwSetKeyCallback(window, [](GLFWwindow* w, int key, int, int action, int modifiers) {
    if (action == GLFW_RELEASE) return events_of(w).wake();
    events_of(w).press();
    if (events_of(w).app != nullptr) events_of(w).app->press(key, modifiers);
  });
  glfwSetCharCallback(window, [](GLFWwindow* w, unsigned) { events_of(w).wake(); });
  glfwSetMouseButtonCallback(window, [](GLFWwindow* w, int, int, int) { events_of(w).press(); });
  glfwSetCursorPosCallback(window, [](GLFWwindow* w, double, double) { events_of(w).wake(); });
  glfwSetScrollCallback(window, [](GLFWwindow* w, double, double) { events_of(w).press(); });
  glfwSetCursorEnterCallback(window, [](GLFWwindow* w, int) { events_of(w).wake(); });
  glfwSetWindowFocusCallback(window, [](GLFWwindow* w, int) { events_of(w).wake(); });
  glfwSetWindowRefreshCallback(window, [](GLFWwindow* w) { events_of(w).wake(); });
  glfwSetWindowSizeCallback(window, [](GLFWwindow* w, int width, int height) {
    events_of(w).width = width;
    events_of(w).height = height;
  });
  glfwSetFramebufferSizeCallback(window, [](GLFWwindow* w, int, int) { events_of(w).wake(); });
  glfwSetDropCallback(window, [](GLFWwindow* w, int count, const char** paths) {
    events_of(w).wake();
    for (int i = 0; i < count && events_of(w).app != nullptr; ++i) events_of(w).app->drop(paths[i]);
  });
}

/// From version 1.87 on Dear ImGui takes presses that came at once one by one, a frame for each.
template <class Context>
bool presses_wait(const Context& context) {
  if constexpr (requires { context.InputEventsQueue; })
    return !context.InputEventsQueue.empty();
  else
    return false;
}

/// Dear ImGui's context with both backends.
class ImGuiContextOwner {
 public:
  explicit ImGuiContextOwner(GLFWwindow* window) {
    IMGUI_CHECKVERSION();
    ImGui::CreateContext();
    ImGui::GetIO().IniFilename = nullptr;
    ImGui::GetIO().ConfigInputTextCursorBlink = false;  // at rest nothing is drawn
    ImGui_ImplGlfw_InitForOpenGL(window, true);
    ImGui_ImplOpenGL3_Init(kGlsl);
  }
  ~ImGuiContextOwner() {
    ImGui_ImplOpenGL3_Shutdown();
    ImGui_ImplGlfw_Shutdown();
    ImGui::DestroyContext();
  }
  ImGuiContextOwner(const ImGuiContextOwner&) = delete;
  ImGuiContextOwner& operator=(const ImGuiContextOwner&) = delete;
};

void reload_fonts(App& app) {
  // A renderer that begins anew makes the font texture in every version of Dear ImGui.
  ImGui_ImplOpenGL3_Shutdown();
  app.fonts().load();
  ImGui_ImplOpenGL3_Init(kGlsl);
  app.fonts_loaded();
}

vit::Image read_window(int width, int height) {
  vit::Image image{.width = width, .height = height, .rgb = {}, .name = {}};
  image.rgb.resize(static_cast<std::size_t>(3) * width * height);
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE, image.rgb.data());
  const std::size_t row = static_cast<std::size_t>(3) * width;
  for (int y = 0; y < height / 2; ++y)  // OpenGL's first row is the lowest
    std::swap_ranges(image.rgb.begin() + static_cast<std::ptrdiff_t>(y * row),
                     image.rgb.begin() + static_cast<std::ptrdiff_t>((y + 1) * row),
                     image.rgb.begin() + static_cast<std::ptrdiff_t>((height - 1 - y) * row));
  return image;
}

float scale_of(GLFWwindow* window, double asked) {
  float x = 1, y = 1;
  glfwGetWindowContentScale(window, &x, &y);
  const double scale = (asked > 0 ? asked : 1.0) * std::max(1.f, std::max(x, y));
  return static_cast<float>(std::clamp(scale, 0.5, 6.0));
}

/// Sleeps until something happens or `deadline_s` of GLFW's clock has come, if it is not negative.
void wait(Events& events, double deadline_s) {
  if (events.frames_due > 0) return glfwPollEvents();
  if (deadline_s < 0) return glfwWaitEvents();
  const double rest_s = deadline_s - glfwGetTime();
  if (rest_s > 0)
    glfwWaitEventsTimeout(rest_s);
  else
    glfwPollEvents();
  if (glfwGetTime() >= deadline_s) events.wake();
}

struct Loop {
  const WindowOptions& options;
  const std::stop_token& stop;
  GLFWwindow* window;
  App& app;
  Events& events;
  Waker& waker;
  FrameLog log;
  std::uint64_t frame = 0;
  double deadline_s = -1;  // when a frame is due though nothing happens; negative: never

  /// True when the screenshot is taken.
  bool draw() {
    if (app.fonts_stale()) reload_fonts(app);
    ImGui_ImplOpenGL3_NewFrame();
    ImGui_ImplGlfw_NewFrame();
    if (options.screenshot) ImGui::GetIO().MousePos = {-FLT_MAX, -FLT_MAX};  // no pointer in the picture
    ImGui::NewFrame();
    app.frame(log);
    ImGui::Render();
    int width = 0, height = 0;
    glfwGetFramebufferSize(window, &width, &height);
    const ImVec4 back = ImGui::ColorConvertU32ToFloat4(app.background());
    glViewport(0, 0, width, height);
    glClearColor(back.x, back.y, back.z, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
    log.end_phase(Phase::render);
    --events.frames_due;
    if (presses_wait(*ImGui::GetCurrentContext())) events.wake();
    const bool at_rest = events.frames_due <= 0 && !waker.asked();
    const bool shoot = options.screenshot && at_rest && app.shows_settled_picture();
    if (shoot) write_file(*options.screenshot, encode_png(read_window(width, height), {}));
    glfwSwapBuffers(window);
    log.end_phase(Phase::swap);
    ++frame;
    log.end_frame(frame, app.drawn_maps().request, app.drawn_maps().draft);
    const double due_s = app.due_in_s();
    deadline_s = due_s < 0 ? -1 : glfwGetTime() + due_s;
    app.after_frame(frame, events.presses, !at_rest);
    return shoot;
  }

  int run() {
    std::string title;
    bool shot = false;
    while (!shot && !app.quit() && glfwWindowShouldClose(window) == GLFW_FALSE && !stop.stop_requested()) {
      wait(events, deadline_s);
      if (waker.take()) events.wake();
      if (events.frames_due <= 0) continue;
      shot = draw();
      if (app.title() != title) glfwSetWindowTitle(window, (title = app.title()).c_str());
    }
    if (options.screenshot && !shot && stop.stop_requested()) throw vit::Cancelled();
    if (options.screenshot && !app.failure().empty()) throw vit::Error(app.failure());
    return 0;
  }
};

}  // namespace

std::vector<std::string> page_ids() {
  std::vector<std::string> ids;
  for (const PageEntry& page : page_list()) ids.emplace_back(page.id);
  ids.emplace_back("blocks");
  return ids;
}

std::string pages_in_words() {
  std::string words;
  for (const PageEntry& page : page_list()) words += (words.empty() ? "" : ", ") + std::string(page.id);
  return words;
}

int run_window(const WindowOptions& options, const std::stop_token& stop) {
  vit::keep_heap_compact();
  const std::filesystem::path file = preferences_file();
  Preferences preferences = load_preferences(file);
  if (options.width > 0) preferences.width = options.width;
  if (options.height > 0) preferences.height = options.height;

  Waker waker;
  const auto wake = [&waker] { waker.wake(); };
  const std::stop_callback stopped(stop, wake);
  Session session(options.run, wake);
  const std::string failure = open_first_files(session, options);  // they are read while the window is made

  Events events;
  const Glfw glfw;
  const WindowHandle window = open_window(preferences.width, preferences.height);
  const Awake awake(waker);
  glfwSetWindowUserPointer(window.get(), &events);
  install_callbacks(window.get());
  const ImGuiContextOwner imgui(window.get());
  FrameLog log(options.frame_log);
  log.window_opened();
  App app(options, scale_of(window.get(), options.ui_scale), preferences, session, wake);
  if (!failure.empty()) app.warn(failure);
  app.fonts().load();
  events.app = &app;
  // The first frame compiles shaders: a pass over what has been read by now goes on meanwhile.
  session.update();
  session.request_wanted();
  const auto save = [&] {
    if (options.screenshot) return;  // a picture taken by a script changes nothing of the user's
    preferences = app.preferences();
    preferences.width = events.width;
    preferences.height = events.height;
    save_preferences(preferences, file);
  };
  glfwGetWindowSize(window.get(), &events.width, &events.height);
  int code = 0;
  {
    const LostDisplay lost(save);
    code = Loop{options, stop, window.get(), app, events, waker, std::move(log)}.run();
  }
  events.app = nullptr;
  save();
  return code;
}

}  // namespace headlight
