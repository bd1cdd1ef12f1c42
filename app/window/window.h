// The window: opened by `headlight [IMAGE]`, closed by the user or after a screenshot.
#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "app/session/preferences.h"
#include "app/session/run_options.h"

namespace headlight {

struct WindowOptions {
  RunOptions run;                                   // model, image and settings as on every command
  std::string view;                                 // file of a view, in place of `run`; empty: none
  std::optional<std::filesystem::path> screenshot;  // write the window once the first maps are shown, and end
  std::optional<std::filesystem::path> ui_map;      // after each drawn frame, one JSON object
  std::optional<std::filesystem::path> frame_log;   // per frame, processor time by phase
  double ui_scale = 0;                              // 0: what the display says
  std::optional<ThemeKind> theme;                   // none: as last time
  std::string tab;                                  // id of a page, or empty: the first one
  int width = 0, height = 0;                        // px of the window; 0: as last time
};

/// Ids of the pages, for --tab; "blocks" is the old name of "grid".
std::vector<std::string> page_ids();
std::string pages_in_words();

/// Runs until the window is closed or `stop` is asked for, which closes it, too; the exit code. Throws vit::Error where
/// no window can be had, and vit::Cancelled where it was to take a screenshot and is stopped before. Main thread only.
int run_window(const WindowOptions& options, const std::stop_token& stop);

}  // namespace headlight
