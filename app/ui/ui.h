// What every panel draws with: theme, fonts, the UI map, tooltips and the control under the cursor.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/ui/fonts.h"
#include "app/ui/theme.h"
#include "app/ui/ui_map.h"

namespace headlight::ui {

/// Keys in the list or menu that is open. They count rows, since Dear ImGui 1.86 loses a key that is pressed and let go
/// between two frames.
struct ListKeys {
  std::string list;       // the popup that they are for
  int moves = 0;          // rows, since the last frame
  bool enter = false;     // since the last frame
  int cursor = -1;        // the marked row; none before the first move
  int start = -1;         // the row from which the first move goes; -1: above the first
  bool moved = false;     // in this frame
  int row = 0, rows = 0;  // drawn in this frame so far, and in the last one
};

/// One per window; lives on the main thread.
struct Ui {
  explicit Ui(float scale_, UiMap map_) : scale(scale_), fonts(scale_), map(std::move(map_)) {}

  float scale = 1;  // px a point of design
  Theme theme = dark_theme();
  Fonts fonts;
  mutable UiMap map;           // whatever is drawn leaves its mark
  std::string hovered;         // id of the control under the cursor in this frame; last frame's until one is found
  std::string hovered_next;    // collected while drawing
  std::string tooltip_for;     // id whose tooltip waits or shows
  double tooltip_since = 0;    // s
  bool list_open = false;      // a menu or drop-down list is drawn in this frame
  bool list_was_open = false;  // in the last one
  bool close_list = false;     // and it is to close in the next
  ListKeys list_keys = {};
  std::vector<std::string> lights;  // what gets a frame: ids, or how they begin up to a dot
  bool fonts_stale = false;         // a name needs characters that are not loaded yet
  double wake_at = 0;               // s, ImGui time at which another frame is due; 0: none

  float px(float points) const { return points * scale; }
  /// Names of files and classes may hold any script: announce them before they are drawn.
  void announce(std::string_view text) { fonts_stale |= fonts.need(text); }
  /// Another frame is wanted at this time, even if nothing happens until then.
  void wake(double at) { wake_at = wake_at == 0 ? at : at < wake_at ? at : wake_at; }
  void begin_frame() {
    hovered.swap(hovered_next);
    hovered_next.clear();
    list_was_open = std::exchange(list_open, false);
    close_list &= list_was_open;
    wake_at = 0;
    map.begin_frame();
  }
};

}  // namespace headlight::ui
