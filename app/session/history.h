// Undo and redo: what was wanted before each change, by value.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "app/session/other_side.h"
#include "app/session/view.h"
#include "engine/image/preprocessing.h"
#include "engine/network/settings.h"

namespace headlight {

/// What undo gives back. Side A's open files are no part of it.
struct Moment {
  vit::Settings settings;
  vit::Preprocessing preprocessing;
  View view;
  bool heads_for_all = true;
  OtherSide other;
  bool operator==(const Moment&) const = default;
};

/// A change becomes a step once nothing has changed for kRest_s and no button is held, so that a drag is one step.
/// undo() and redo() make a step of a change that is still under way.
class History {
 public:
  static constexpr double kRest_s = 0.5;
  static constexpr std::size_t kMost = 100;  // steps; the oldest go

  /// Once a frame. `held`: a mouse button is down.
  void watch(const Moment& now, double time_s, bool held);
  /// The program itself made `after` of `before`: no step of the user's.
  void follow(const Moment& before, const Moment& after);

  bool can_undo() const { return !undo_.empty() || (last_ && !(*last_ == *rested_)); }
  bool can_redo() const { return !redo_.empty() && *last_ == *rested_; }
  /// What to go back to, or forth to; none where there is nothing.
  std::optional<Moment> undo(const Moment& now);
  std::optional<Moment> redo(const Moment& now);

  /// Forgets every step that cannot be applied any more.
  void keep(const std::function<bool(const Moment&)>& possible);
  void clear();

 private:
  void record();  // the newest change as a step

  std::deque<Moment> undo_;
  std::vector<Moment> redo_;             // the next one last
  std::optional<Moment> rested_, last_;  // the newest recorded, and the newest seen
  double changed_s_ = 0;
  bool held_ = false;
};

}  // namespace headlight
