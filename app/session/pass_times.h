// What the passes of this session took, kept apart by everything that a time depends on.
#pragma once

#include <vector>

#include "app/session/worker.h"

namespace headlight {

/// Recent timings of one exact setting.
struct MeasuredSetting {
  std::uint64_t model_id = 0;
  vit::TokenGrid grid;
  vit::Settings settings;
  std::vector<vit::Timings> timings;  // newest last, at most kRecentPasses
  std::uint64_t newest = 0;           // the version that its newest pass made
};

class PassTimes {
 public:
  static constexpr std::size_t kRecentPasses = 10;  // as many as a quick network is measured with
  static constexpr std::size_t kSettings = 64;  // three sweeps of ViT-B. A pass of 12 blocks takes 2 kB: 1.3 MB in all

  /// Where there are too many settings, the one goes that was not measured for the longest time.
  void add(PassTime time);
  /// The passes of exactly this setting; nullptr before the first.
  const MeasuredSetting* find(const vit::Model& model, const vit::TokenGrid& grid, const vit::Settings& settings) const;
  /// Every setting of this network and grid, in the order in which they were first measured.
  std::vector<const MeasuredSetting*> of_model(const vit::Model& model, const vit::TokenGrid& grid) const;
  /// Grows with every pass: the key for what is computed from the times.
  std::uint64_t version() const { return version_; }

 private:
  std::vector<MeasuredSetting> measured_;
  std::uint64_t version_ = 0;
};

}  // namespace headlight
