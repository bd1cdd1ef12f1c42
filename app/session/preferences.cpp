#include "app/session/preferences.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "app/files/json_text.h"
#include "app/files/write_file.h"
#include "engine/base/error.h"

namespace headlight {

namespace {

using Json = nlohmann::json;

void read(const Json& json, const char* name, int& value) {
  if (const auto found = json.find(name); found != json.end()) value = whole_number<int>(*found).value_or(value);
}

template <class T>
void read(const Json& json, const char* name, T& value) {
  const auto found = json.find(name);
  if (found == json.end()) return;
  try {
    value = found->get<T>();
  } catch (const Json::exception&) {  // another type than expected: the default stays
  }
}

/// What the file holds; nothing where it is no file or no JSON.
Json read_all(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return {};
  std::ifstream stream(file);
  return stream ? Json::parse(stream, nullptr, false) : Json();
}

}  // namespace

std::span<const vit::Choice<ThemeKind>> choices(ThemeKind) {
  static constexpr vit::Choice<ThemeKind> kAll[] = {{ThemeKind::dark, "dark", "dark"},
                                                    {ThemeKind::light, "light", "light"}};
  return kAll;
}

std::filesystem::path preferences_file() {
  if (const char* config = std::getenv("XDG_CONFIG_HOME"); config != nullptr && *config == '/')
    return std::filesystem::path(config) / "headlight" / "window.json";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return std::filesystem::path(home) / ".config" / "headlight" / "window.json";
  return {};
}

Preferences load_preferences(const std::filesystem::path& file) {
  Preferences p;
  const Json json = read_all(file);
  if (!json.is_object()) return p;
  read(json, "width", p.width);
  read(json, "height", p.height);
  p.width = std::clamp(p.width, 800, 16384);
  p.height = std::clamp(p.height, 500, 16384);
  read(json, "dark", p.dark);
  read(json, "toured", p.toured);
  std::string colormap, range, picture;
  read(json, "picture", picture);
  if (const auto known = vit::choice_by_id<vit::Picture>(picture)) p.look.picture = *known;
  read(json, "colormap", colormap);
  if (const auto known = vit::choice_by_id<vit::Colormap>(colormap)) p.look.colormap = *known;
  read(json, "range", range);
  if (const auto known = vit::choice_by_id<vit::RangeRule>(range)) p.look.range_rule = *known;
  vit::Range fixed = p.look.fixed_range;
  read(json, "range_low", fixed.low);
  read(json, "range_high", fixed.high);
  if (std::isfinite(fixed.low) && std::isfinite(fixed.high) && fixed.low < fixed.high) p.look.fixed_range = fixed;
  read(json, "smooth", p.look.smooth);
  read(json, "opacity", p.look.opacity);
  p.look.opacity = std::clamp(p.look.opacity, 0.f, 1.f);
  read(json, "recent_images", p.recent_images);
  read(json, "recent_models", p.recent_models);
  read(json, "folder", p.folder);
  read(json, "sheet", p.sheet);
  return p;
}

void save_preferences(const Preferences& p, const std::filesystem::path& file) {
  if (file.empty()) return;
  const Json known = {{"width", p.width},
                      {"height", p.height},
                      {"dark", p.dark},
                      {"toured", p.toured},
                      {"picture", vit::id_of(p.look.picture)},
                      {"colormap", vit::id_of(p.look.colormap)},
                      {"range", vit::id_of(p.look.range_rule)},
                      {"range_low", p.look.fixed_range.low},
                      {"range_high", p.look.fixed_range.high},
                      {"smooth", p.look.smooth},
                      {"opacity", p.look.opacity},
                      {"recent_images", p.recent_images},
                      {"recent_models", p.recent_models},
                      {"folder", p.folder},
                      {"sheet", p.sheet}};
  // What a newer program wrote beside stays.
  Json json = read_all(file);
  if (!json.is_object()) json = Json::object();
  json.update(known);
  try {
    std::filesystem::create_directories(file.parent_path());
    write_file(file, json_text(json, 1) + "\n");
  } catch (const std::exception&) {  // a read-only home is no reason to bother anybody
  }
}

void remember(std::vector<std::string>& recent, const std::string& entry) {
  std::erase(recent, entry);
  recent.insert(recent.begin(), entry);
  if (recent.size() > Preferences::kRecent) recent.resize(Preferences::kRecent);
}

}  // namespace headlight
