// Where a pass first holds a number that is not finite: which block, which operator.
#pragma once

#include <optional>
#include <string>

#include "engine/network/operators.h"

namespace vit {

struct NotFinite {
  int block = -1;  // -1: outside the blocks
  Op op = Op::patch_embed;
  int head = -1;     // where it is one head's
  bool nan = false;  // not a number; else infinite
  bool operator==(const NotFinite&) const = default;

  bool before_blocks() const { return block < 0 && op < Op::norm1; }
  bool behind_blocks() const { return block < 0 && op > Op::residual2; }
};

/// "An infinite number appears in block 3, at the operator q·kᵀ of head 0; …": one sentence that says what cannot be
/// shown.
std::string sentence_of(const NotFinite& where);

struct Trace;

/// Nothing where what the pass ends with is finite, which costs next to nothing. Else the last block that began with
/// finite numbers runs once more, operator by operator as one would write it on a blackboard.
std::optional<NotFinite> first_not_finite(const Trace& trace);

}  // namespace vit
