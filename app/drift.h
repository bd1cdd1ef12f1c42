// What a departure from the trained settings did to the prediction and to the maps.
#pragma once

#include <memory>
#include <string>

#include "engine/trace.h"

namespace headlight {

/// "heads 12 (trained 6), qkv bias off, attention dropout 0.10": empty when all is as trained.
std::string departures(const vit::Settings& settings, const vit::ModelConfig& config);

/// Compares a trace with the one as trained; both of the same model and pixels.
struct Drift {
  std::string what = {};   // the departures; empty: none
  int top1 = -1;           // the class that the trained settings predict; -1 without a head
  double top1_before = 0;  // its probability as trained
  double top1_now = 0;     // and now
  double maps_moved = 0;  // mean over the blocks of the total variation, 0 … 1, between head-averaged rows of `query`
};

/// Remembers the last answer, so that asking once a frame is free.
class DriftWatch {
 public:
  /// Null where nothing departs or there is nothing to compare with.
  const Drift* update(const std::shared_ptr<const vit::Trace>& trace, const std::shared_ptr<const vit::Trace>& trained,
                      int query);

 private:
  std::shared_ptr<const vit::Trace> trace_, trained_;
  int query_ = -1;
  Drift drift_;
};

}  // namespace headlight
