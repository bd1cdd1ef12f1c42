// How the window's width is divided: in a narrow one the side columns shrink, then they go, before the maps do.
#pragma once

#include <optional>

namespace headlight {

class SideColumns {
 public:
  enum class Side { left, right };

  /// In points; a column that is not shown has no width.
  struct Widths {
    float left = 0, right = 0;
    friend bool operator==(const Widths&, const Widths&) = default;
  };
  static constexpr float kLeast = 590;  // points of the centre, tabs and all: below, a column goes

  /// For a window that wide. The right column goes first, unless it was asked for.
  Widths update(float window_points);
  bool shown(Side side) const { return (side == Side::left ? now_.left : now_.right) > 0; }
  /// Puts a shown column away, or brings it back, in a narrow window in the other's place.
  void toggle(Side side);

 private:
  bool wanted_left_ = true, wanted_right_ = true;
  std::optional<Side> asked_;  // brought back though there was no room
  Widths now_;
};

}  // namespace headlight
