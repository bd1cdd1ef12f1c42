// How far a page's answer is that is worked out beside the window, and the button that ends the work.
#pragma once

#include <imgui.h>

#include <optional>
#include <string>

#include "app/analysis/map_desk.h"

namespace headlight {

struct Bench;

class AnswerProgress {
 public:
  /// Nothing for half a second, so that what is soon there does not flicker. `in_corner`: at the lower right end of
  /// what an older answer fills, `at` being its corner; else `at` is the middle of the page.
  void draw(Bench& bench, MapDesk& desk, const std::string& page, ImVec2 at, bool in_corner);
  /// Whether the last frame told of work.
  bool told() const { return told_; }

 private:
  bool told_ = false;
  std::optional<double> since_;  // s, when the answer was begun; none: it is there
};

}  // namespace headlight
