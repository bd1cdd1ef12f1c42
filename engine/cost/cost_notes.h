// The Attention module line by line in words, and sentences about its cost with figures from the table.
#pragma once

#include <string>
#include <vector>

#include "engine/cost/cost.h"

namespace vit {

/// Which line of the Attention module, or which part of the network, a row is: for tooltips. One or two sentences.
const char* explanation_of(Op op);

/// A statement about the cost of attention, with this network's figures.
struct Finding {
  std::string id;        // "heads", "tokens", …
  std::string sentence;  // complete, with numbers
  double share = 0;      // 0 … 1, the figure that the sentence turns on
};

/// What depends on the head count and what does not, for the settings of the table. Deterministic; measured times are
/// not looked at.
std::vector<Finding> note_findings(const CostTable& table);

}  // namespace vit
