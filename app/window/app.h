// The program behind the window: everything but GLFW. One call draws one frame.
#pragma once

#include <functional>
#include <string>

#include "app/pages/grid_page.h"
#include "app/panels/bench.h"
#include "app/window/frame_log.h"
#include "app/window/window.h"

namespace headlight {

/// Needs a current OpenGL context and a Dear ImGui context. Main thread only.
class App {
 public:
  /// `wake` may be called from any thread: it makes the window draw another frame.
  App(const WindowOptions& options, float scale, Preferences preferences, std::function<void()> wake);

  /// Between ImGui::NewFrame and ImGui::Render.
  void frame(FrameLog& log);
  /// After the picture is handed over. `frames_due`: more frames follow by themselves.
  void after_frame(std::uint64_t frame, std::uint64_t presses, bool frames_due);

  void press(int key, int modifiers);  // GLFW's
  void drop(const char* path);

  bool quit() const { return bench_.quit; }
  /// Seconds until a frame is due though nothing happens; negative: none.
  double due_in_s() const;
  /// The first maps are on screen and measured, or there will not be any.
  bool shows_settled_picture() const;
  std::string title() const;
  std::string failure() const { return last_failure_; }
  std::uint64_t shown_request() const { return bench_.session.shown_id(); }
  ui::Fonts& fonts() { return bench_.ui.fonts; }
  bool fonts_stale() const { return bench_.ui.fonts_stale; }
  void fonts_loaded() { bench_.ui.fonts_stale = false; }
  ImU32 background() const { return bench_.ui.theme.window; }
  Preferences preferences() const;

 private:
  void hear_session();
  void refresh_pictures();
  void draw_center(ImVec2 from, ImVec2 size);
  void draw_tabs(ImVec2 from, float width);
  void draw_badge(ImVec2 from, float width, float x);

  Bench bench_;
  GridPage grid_page_;
  std::string last_failure_;
  std::uint64_t photo_version_ = 0, logged_request_ = 0;
  bool theme_dark_ = true;
};

}  // namespace headlight
