// The arithmetic inside the head that is shown, worked out beside the window.
#pragma once

#include <memory>

#include "app/analysis/desk.h"
#include "engine/maps/inside_head.h"

namespace headlight {

/// Main thread only.
class InsideWatch {
 public:
  explicit InsideWatch(Desk& desk) : desk_(&desk) {}
  /// Once a frame while it is looked at: the numbers of a head of this pass, or null until they are there.
  std::shared_ptr<const vit::HeadNumbers> update(const std::shared_ptr<const vit::Trace>& trace, int block, int head,
                                                 int query);

 private:
  static constexpr const char* kPlace = "inside";
  struct Answer {
    std::uint64_t run = 0;
    vit::HeadNumbers numbers;
  };

  Desk* desk_;
  std::uint64_t run_ = 0;
  int block_ = -1, head_ = -1, query_ = -1;
};

}  // namespace headlight
