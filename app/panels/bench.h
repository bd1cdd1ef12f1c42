// Everything that panels work with: one window's session, its look and its drawing tools.
#pragma once

#include "app/analysis/drift.h"
#include "app/analysis/head_maps.h"
#include "app/gl/heatmap_painter.h"
#include "app/hub/model_fetch.h"
#include "app/panels/menu_bar.h"
#include "app/panels/photo_view.h"
#include "app/panels/right_column.h"
#include "app/panels/side_columns.h"
#include "app/panels/tile_grid.h"
#include "app/session/preferences.h"
#include "app/session/session.h"
#include "app/ui/command.h"
#include "app/ui/file_browser.h"
#include "app/ui/toasts.h"
#include "app/ui/ui.h"

namespace headlight {

/// Owned by App; panels get it by reference and keep no copies. Main thread only.
struct Bench {
  ui::Ui ui;
  Session session;
  Preferences preferences;
  ModelFetch fetch;
  CommandTable commands = {};
  HeadMaps maps = {};
  DriftWatch drift_watch = {};
  const Drift* drift = nullptr;  // of this frame; null: as trained, or unknown
  gl::HeatmapPainter painter = {};
  PhotoView photo_view = {};
  TileGrid tile_grid = {};
  CostColumn cost_column = {};
  SideColumns side_columns = {};
  ui::Toasts toasts = {};
  ui::FileBrowser browser = {};
  MenuClicks menu_clicks = {};
  bool left_scrolls = false;  // the left column is longer than the window
  bool help_open = false;
  bool report_open = false;  // what was read, implied and guessed of the model
  bool preprocessing_open = false;
  bool get_open = false;         // the list of models that can be fetched
  bool* front_dialog = nullptr;  // the one of the four above that is in front
  bool quit = false;

  bool dialog_open() const { return help_open || report_open || preprocessing_open || get_open; }
};

}  // namespace headlight
