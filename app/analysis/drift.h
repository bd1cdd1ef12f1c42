// What a departure from the trained settings did to the prediction and to the maps.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "app/analysis/desk.h"
#include "engine/network/trace.h"

namespace headlight {

/// Compares a trace with the one as trained; both of the same model and pixels.
struct Drift {
  std::string what = {};                  // the departures; empty: none
  int top1 = -1;                          // the class that the trained settings predict; -1 without a head
  double top1_before = 0;                 // its probability as trained
  int top1_now = -1;                      // the class that is predicted now
  double now = 0;                         // its probability
  std::optional<double> maps_moved = {};  // see maps_moved(); unknown at first
};

/// Mean over the blocks of the total variation, 0 … 1, between the head-averaged rows of `query` in two passes of one
/// model and input. Throws vit::Cancelled.
double maps_moved(const vit::Trace& now, const vit::Trace& trained, int query, const std::stop_token& stop = {});

/// Keeps the comparison of what is shown; the maps are compared beside the window. Main thread only.
class DriftWatch {
 public:
  explicit DriftWatch(Desk& desk) : desk_(&desk) {}
  /// Null where nothing departs or there is nothing to compare with. Until the maps are compared, `maps_moved` stays
  /// what it was.
  const Drift* update(const std::shared_ptr<const vit::Trace>& trace, const std::shared_ptr<const vit::Trace>& trained,
                      int query);

 private:
  static constexpr const char* kPlace = "drift";
  void compare_prediction(const vit::Trace& trace, const vit::Trace& trained);

  Desk* desk_;
  std::uint64_t run_ = 0, trained_run_ = 0;
  int query_ = -1;
  Drift drift_;
};

}  // namespace headlight
