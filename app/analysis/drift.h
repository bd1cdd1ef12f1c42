// What a departure from the trained settings did to the prediction and to the maps.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/network/trace.h"

namespace headlight {

/// "heads 12 (trained 6), qkv bias off, attention dropout 0.10": empty when all is as trained.
std::string departures(const vit::Settings& settings, const vit::ModelConfig& config);

/// Compares a trace with the one as trained; both of the same model and pixels.
struct Drift {
  std::string what = {};   // the departures; empty: none
  int top1 = -1;           // the class that the trained settings predict; -1 without a head
  double top1_before = 0;  // its probability as trained
  int top1_now = -1;       // the class that is predicted now
  double now = 0;          // its probability
  // Mean over the blocks of the total variation, 0 … 1, between head-averaged rows of `query`; unknown at first.
  std::optional<double> maps_moved = {};
};

/// Remembers the last answer, so that asking once a frame is free.
class DriftWatch {
 public:
  /// Null where nothing departs or there is nothing to compare with. Large networks' maps take several calls, so that
  /// no frame stalls: until they are compared (`unfinished`), `maps_moved` stays what it was.
  const Drift* update(const std::shared_ptr<const vit::Trace>& trace, const std::shared_ptr<const vit::Trace>& trained,
                      int query);
  bool unfinished() const { return next_block_ >= 0; }

 private:
  void compare_prediction();
  void compare_maps();

  std::shared_ptr<const vit::Trace> trace_, trained_;
  int query_ = -1;
  Drift drift_;
  int next_block_ = -1;  // whose maps are to be compared next; -1: none
  double moved_ = 0;     // sum over the blocks before
};

}  // namespace headlight
