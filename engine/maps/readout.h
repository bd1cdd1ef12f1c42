// What a network would say if it ended after some block: its own last norm, pooling and head applied to that block's
// output (nostalgebraist 2020, "interpreting GPT: the logit lens").
#pragma once

#include <vector>

#include "engine/base/matrix.h"
#include "engine/network/trace.h"

namespace vit {

class Readout {
 public:
  /// Of a pass that ran to its end; the trace must outlive it.
  explicit Readout(const Trace& trace) : trace_(&trace) {}

  /// (N, C) what the head reads of block `block`: its output after the last norm, or as it is where the network's head
  /// reads it so.
  Matrix normed(int block) const;

  // Networks with a head:
  /// (K) of normed tokens: pooled and read as the network does it. Of the last block they are the pass's logits.
  std::vector<float> logits(Matrix normed) const;
  /// (N) the logit of one class, with each token by itself in place of what the head pools. A head that reads the class
  /// token and the mean of the patches beside it keeps the former. Where no norm comes after the mean, the mean of the
  /// patches' logits is the class's.
  std::vector<float> token_logits(const Matrix& normed, int which) const;

 private:
  const Trace* trace_;
};

/// Probabilities of the classes: (K).
std::vector<double> softmax_of(const std::vector<float>& logits);

}  // namespace vit
