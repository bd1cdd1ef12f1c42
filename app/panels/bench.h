// What panels and pages work with: one window's session, what it shows, and its drawing tools.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "app/analysis/drift.h"
#include "app/analysis/inside_watch.h"
#include "app/analysis/lab_desk.h"
#include "app/gl/heatmap_painter.h"
#include "app/hub/model_fetch.h"
#include "app/panels/camera.h"
#include "app/panels/dialog_frame.h"
#include "app/panels/file_summaries.h"
#include "app/panels/hover.h"
#include "app/panels/shown_maps.h"
#include "app/panels/side_columns.h"
#include "app/session/preferences.h"
#include "app/session/session.h"
#include "app/ui/command.h"
#include "app/ui/file_browser.h"
#include "app/ui/toasts.h"
#include "app/ui/ui.h"

namespace headlight {

/// The photo that the shown maps belong to.
struct ShownPhoto {
  std::shared_ptr<const vit::Image> image;
  std::uint64_t version = 0;  // the key of what is drawn from it
};

/// The walk through a pass.
struct TourState {
  /// What it puts back when it ends.
  struct Before {
    View view;
    vit::Numbers numbers;
    bool inside = false;
    std::uint64_t model = 0;  // id of the model that it began with
  };
  int step = 0;
  std::shared_ptr<const Before> before = {};  // null: it is not on
  bool on() const { return before != nullptr; }
};

/// The head whose factor is being set in a small list of its own.
struct HeadScaling {
  int block = -1, head = -1;
  bool opens = false;  // in this frame
  ImVec2 at = {};      // px: where it opens
};

/// Owned by App; panels and pages get it by reference and keep no copies. Main thread only.
struct Bench {
  ui::Ui ui;
  Session& session;  // outlives it
  Preferences preferences;
  ModelFetch fetch;
  FileSummaries summaries;
  LabDesk lab;
  CommandTable commands = {};
  ShownMaps maps = {};  // of the page in the centre
  ShownPhoto photo = {};
  const Drift* drift = nullptr;  // of this frame; null: as trained, or unknown
  gl::HeatmapPainter painter = {};
  Camera camera = {};
  Hover hover = {};
  bool inside_open = false;                             // Inside a head stands in place of the tiles
  std::shared_ptr<const vit::HeadNumbers> inside = {};  // of this frame; null: not there yet, or not looked at
  int inside_key = 0;                                   // the token whose share it explains
  bool shows_photo = false;           // the key that uncovers the photo is held: every map gives way to it
  ImVec2 patch_asked = {0.5f, 0.5f};  // the patch that was asked last, for its chip: 0 … 1 across and down the input
  std::map<std::string, std::string> page_of_tab = {};  // the page of each tab that was in front last
  TourState tour = {};
  HeadScaling scaling = {};
  Dialogs dialogs = {};
  SideColumns side_columns = {};
  ui::Toasts toasts = {};
  ui::FileBrowser browser = {};
  std::string picture_of_view = {};  // opened last for the view in it
  bool quit = false;
};

}  // namespace headlight
