// What the network loses without a head: each head's effect, measured by running the network without it.
#pragma once

#include <memory>
#include <vector>

#include "engine/maps/analysis.h"

namespace vit {

/// One head switched off, everything else as in the pass.
struct HeadEffect {
  int block = 0, head = 0;
  bool was_off = false;       // in the pass already: nothing changes
  double logit = 0;           // the class's logit without the head minus that with it; 0 for a network without classes
  double probability = 0;     // likewise, of the softmax over all classes
  double features = 0;        // 1 - cosine of the subject's features with and without the head; see subject_of
  std::vector<float> tokens;  // (N) 1 - cosine of each token's features
};

/// Whose features tell of the network: the class token's, or the mean of the patches' where there is none. (C)
std::vector<double> subject_of(const Trace& trace);

/// The class that the pass finds most probable. The network must have classes.
int likeliest_class(const Trace& trace);

/// Every head of every block, block by block: a pass from the head's block on for each. The pass must be whole; `klass`
/// counts only for a network with classes. Runs on as many threads as the pass did. The result for the last pass and
/// class stays, so that another question about it costs nothing; where it was cancelled, it goes on with the next head.
/// Any thread. Throws Cancelled.
std::shared_ptr<const std::vector<HeadEffect>> head_effects(const Trace& trace, int klass, const Means& means);

}  // namespace vit
