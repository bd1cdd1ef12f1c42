// What a pass with fewer bits changed of the exact one, as somebody measured it after the pass: see
// maps/precision_comparison.h.
#pragma once

#include <mutex>
#include <optional>
#include <string>

namespace vit {

struct PrecisionChange {
  /// Σ|p - p_exact| / 2 of a query, mean over all heads and the queries that were looked at: the share that moved.
  double moved = 0;
  double largest = 0;  // |p - p_exact| of those
  int top1 = -1;       // class of the largest logit; -1: the network has no classes
  int top1_exact = -1;
  bool operator==(const PrecisionChange&) const = default;
};

/// "0.28 % of the attention moved, top-1 unchanged"
std::string words_of(const PrecisionChange& change);

/// Written once the exact pass is there, while others may already read the trace. Any thread.
class PrecisionNote {
 public:
  void set(const PrecisionChange& change) {
    const std::lock_guard lock(mutex_);
    change_ = change;
  }
  std::optional<PrecisionChange> get() const {
    const std::lock_guard lock(mutex_);
    return change_;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<PrecisionChange> change_;
};

}  // namespace vit
