// The program behind the window: everything but GLFW. One call draws one frame.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "app/analysis/desk.h"
#include "app/analysis/drift.h"
#include "app/analysis/inside_watch.h"
#include "app/analysis/map_desk.h"
#include "app/pages/page.h"
#include "app/panels/answer_progress.h"
#include "app/panels/bench.h"
#include "app/panels/export_sheet.h"
#include "app/panels/film_strip.h"
#include "app/panels/left_column.h"
#include "app/panels/loading_view.h"
#include "app/panels/menu_bar.h"
#include "app/panels/preprocessing_drawer.h"
#include "app/panels/right_column.h"
#include "app/window/frame_log.h"
#include "app/window/window.h"

namespace headlight {

/// Whose maps the newest frame drew.
struct DrawnMaps {
  std::uint64_t request = 0;  // 0: none yet
  bool draft = false;
};

/// Needs a current OpenGL context and a Dear ImGui context. Main thread only.
class App {
 public:
  /// `session` outlives it. `wake` may be called from any thread: it makes the window draw another frame.
  App(const WindowOptions& options, float scale, Preferences preferences, Session& session,
      const std::function<void()>& wake);

  /// Between ImGui::NewFrame and ImGui::Render.
  void frame(FrameLog& log);
  /// After the picture is handed over. `frames_due`: more frames follow by themselves.
  void after_frame(std::uint64_t frame, std::uint64_t presses, bool frames_due);

  void press(int key, int modifiers);  // GLFW's
  void drop(const char* path);
  /// Tells a sentence that the user should not miss.
  void warn(const std::string& sentence) { bench_.toasts.warn(sentence); }

  bool quit() const { return bench_.quit; }
  /// Seconds until a frame is due though nothing happens; negative: none.
  double due_in_s() const;
  /// The first maps are on screen and measured, or there will not be any.
  bool shows_settled_picture() const;
  std::string title() const;
  std::string failure() const { return last_failure_; }
  const DrawnMaps& drawn_maps() const { return drawn_; }
  ui::Fonts& fonts() { return bench_.ui.fonts; }
  bool fonts_stale() const { return bench_.ui.fonts_stale; }
  void fonts_loaded() { bench_.ui.fonts_stale = false; }
  ImU32 background() const { return bench_.ui.theme.window; }
  Preferences preferences() const;

 private:
  struct Layout {
    Area left, center, right, status, menu;
  };
  void hear_session();
  void follow_theme();
  Layout lay_out();
  void draw_window(const Layout& layout);
  void draw_left(const Area& area);
  void draw_center(const Area& area);
  void draw_right(const Area& area);
  void draw_drawer(const Area& right);
  void draw_overlays();
  void draw_tabs(ImVec2 from, float width);
  void draw_first_words(ImVec2 from, float width);
  std::shared_ptr<const vit::Trace> drawn_pass() const;
  bool press_in_tour(int key, int modifiers);  // whether the key was one of the walk's
  void leave_other_pages();
  void take_maps();
  void ask(const vit::Question& question, const vit::Subject& subject);
  bool can_show(const vit::MapSet& answer, const vit::Trace& drawn) const;
  void take_photo(const vit::MapSet& answer);
  bool shows_newest_answer() const;
  void play_on();
  void look_inside();
  const PageEntry& page_entry() const;  // of the page in the centre
  Page& page();
  std::string refusal(const TabEntry& tab) const;     // of all its pages
  std::string refusal(const PageEntry& entry) const;  // why the shown pass cannot have that page; empty: it can
  std::string words_in_place_of_maps() const;

  Bench bench_;
  Desk desk_;
  MapDesk map_desk_{desk_};
  DriftWatch drift_watch_{desk_};
  InsideWatch inside_watch_{desk_};
  std::map<std::string, std::unique_ptr<Page>> pages_;  // made when they are first seen
  LoadingView loading_view_;
  LeftColumn left_column_;
  CostColumn cost_column_;
  PreprocessingDrawer drawer_;
  MenuClicks menu_clicks_;
  std::string words_above_;  // what the page shows, where it finds no room beside the tabs
  DrawnMaps drawn_;
  AnswerProgress answer_progress_;
  ExportSheet export_sheet_;
  FilmStrip film_strip_;
  std::string no_answer_;  // why what the page asks cannot be asked; empty: it can
  std::string last_failure_;
  bool theme_dark_ = true;
  int gl_errors_ = 0;     // told in the window's description
  bool lab_ran_ = false;  // as the frame began: what the lab found then is drawn in it
};

}  // namespace headlight
