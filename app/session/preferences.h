// What the window remembers between runs: its size, theme, colours and recent files, under the XDG folders.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "app/session/view.h"
#include "engine/base/choices.h"

namespace headlight {

enum class ThemeKind : std::uint8_t { dark, light };
std::span<const vit::Choice<ThemeKind>> choices(ThemeKind);

struct Preferences {
  int width = 1440, height = 900;  // px of the window
  bool dark = true;
  vit::Look look;
  std::vector<std::string> recent_images, recent_models;  // newest first, at most kRecent
  bool toured = false;                                    // the walk through a pass was offered
  std::string folder;                                     // where something was saved last
  std::map<std::string, std::string> sheet;               // of the Export sheet, see sheet_memory.h; empty: as new

  static constexpr std::size_t kRecent = 8;
};

/// $XDG_CONFIG_HOME/headlight/window.json, or under ~/.config; empty where there is no home.
std::filesystem::path preferences_file();
/// Defaults for what the file lacks or cannot be read.
Preferences load_preferences(const std::filesystem::path& file);
/// Fields that this program does not know stay as they are in the file. Quietly does nothing where the folder cannot be
/// written.
void save_preferences(const Preferences& preferences, const std::filesystem::path& file);

/// Puts `entry` first and drops its older mention.
void remember(std::vector<std::string>& recent, const std::string& entry);

}  // namespace headlight
