// The window's typefaces: Inter where it is installed, digits of one width, and other scripts when a name needs them.
#pragma once

#include <imgui.h>

#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

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
  std::set<ImWchar> extra_;
  std::vector<ImWchar> extra_ranges_;  // Dear ImGui keeps a pointer to it
};

}  // namespace headlight::ui
