// The steps of the walk through a pass: what each says of the photo that is open, and which controls and rows it is
// about.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace headlight {

struct Bench;

struct TourStep {
  const char* id;     // "softmax"
  const char* title;  // "6. Softmax makes shares"
  /// Ids of what it lights; those that are not on the screen are left out.
  std::vector<const char*> lights;
  /// Two lines at most, with this pass's own numbers. Only while there is a pass.
  std::string (*words)(const Bench& bench);
  /// Brings what it is about into sight. The walk keeps what was there, and puts it back when it ends.
  void (*arrange)(Bench& bench);
};

/// In the order of the forward pass; the last one asks the question of the head count.
std::span<const TourStep> tour_steps();

}  // namespace headlight
