// What a block's attention adds to its scaled scores, beside the products of queries and keys.
#pragma once

#include <memory>

#include "engine/network/model.h"
#include "engine/network/trace.h"

namespace vit {

/// Immutable. Queries and keys are the tokens of a pass, or in a windowed block the places of a window, row by row.
class ScoreTerm {
 public:
  ScoreTerm() = default;
  ScoreTerm(const ScoreTerm&) = delete;
  ScoreTerm& operator=(const ScoreTerm&) = delete;
  virtual ~ScoreTerm() = default;

  /// scores = scale · scores + term, for all keys of a query, whose channels of this head are `q`.
  virtual void add(int head, int query, const float* q, float scale, float* scores) const = 0;
};

/// Of one block at one head count; null: the network's attention adds nothing.
std::shared_ptr<const ScoreTerm> score_term(const Model& model, const TokenGrid& grid, int block, int heads);

}  // namespace vit
