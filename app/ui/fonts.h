// The window's typefaces: Inter where it is installed, digits of one width, and other scripts when a name needs them.
#pragma once

#include <imgui.h>

#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "app/words/font_files.h"

namespace headlight::ui {

enum class Type : std::uint8_t { body, strong, small, title };
inline constexpr int kTypeCount = 4;

class Fonts {
 public:
  /// `scale` is px a point of design, read once at start.
  explicit Fonts(float scale);

  /// Fills Dear ImGui's atlas. Its texture is made by the renderer's next frame.
  void load();
  ImFont* font(Type type) const { return fonts_[static_cast<std::size_t>(type)]; }
  float size(Type type) const { return sizes_[static_cast<std::size_t>(type)]; }  // px

  /// Announces text that may hold characters beyond the Latin, Greek and Cyrillic ones. Returns true if some are new:
  /// the caller then loads the fonts again before the next frame.
  bool need(std::string_view text);

 private:
  std::array<ImFont*, kTypeCount> fonts_{};
  std::array<float, kTypeCount> sizes_{};
  /// Characters beyond the built-in ranges, by the font that has them.
  struct Extra {
    FontFile font;
    std::vector<ImWchar> ranges;  // Dear ImGui keeps a pointer to it
  };
  void find_extra_fonts();

  std::set<ImWchar> extra_;
  std::vector<Extra> extra_fonts_;
};

}  // namespace headlight::ui
