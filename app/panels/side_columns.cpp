#include "app/panels/side_columns.h"

#include <algorithm>

namespace headlight {

namespace {

using Widths = SideColumns::Widths;

constexpr Widths kFull = {264, 408}, kUsual = {264, 375}, kSmallest = {246, 356};  // points
constexpr float kWide = 1400;                                                      // from here on the full widths

/// Both as wide as there is room for, down to their smallest.
Widths fit(Widths columns, Widths smallest, float room) {
  const float over = columns.left + columns.right - room;
  const float give = columns.left + columns.right - smallest.left - smallest.right;
  if (over <= 0 || give <= 0) return columns;
  const float share = std::min(1.f, over / give);
  return {columns.left - share * (columns.left - smallest.left),
          columns.right - share * (columns.right - smallest.right)};
}

}  // namespace

Widths SideColumns::update(float window_points) {
  const Widths& most = window_points < kWide ? kUsual : kFull;
  const float room = window_points - kLeast;
  const auto with = [&](bool left, bool right) {
    return fit({left ? most.left : 0, right ? most.right : 0}, {left ? kSmallest.left : 0, right ? kSmallest.right : 0},
               room);
  };
  const auto fits = [&](Widths widths) { return widths.left + widths.right <= room + 0.5f; };
  now_ = with(wanted_left_, wanted_right_);
  if (fits(now_)) {
    asked_.reset();
    return now_;
  }
  const Side kept = asked_.value_or(Side::left);
  now_ = with(wanted_left_ && kept == Side::left, wanted_right_ && kept == Side::right);
  if (!fits(now_) && !asked_) now_ = {};
  return now_;
}

void SideColumns::toggle(Side side) {
  bool& wanted = side == Side::left ? wanted_left_ : wanted_right_;
  if (shown(side)) {
    wanted = false;
    if (asked_ == side) asked_.reset();
  } else {
    wanted = true;
    asked_ = side;
  }
}

}  // namespace headlight
