// The backward pass: how a number that the network gives changes with every attention probability.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/network/meter.h"
#include "engine/network/trace.h"
#include "engine/network/way_back.h"

namespace vit {

class Pool;

/// In place of a token: the mean of the patches.
inline constexpr int kMeanOfPatches = -1;

/// The number whose gradient is taken: the logit of a class, or, where `logit` is -1, what the features of a token
/// (after the last norm) have in common with a given vector.
struct Target {
  int logit = -1;
  int token = 0;                      // whose features, or kMeanOfPatches
  std::vector<float> direction = {};  // (C)
  bool cosine = false;                // their cosine; else their dot product
  bool operator==(const Target&) const = default;
};

/// The gradient of one head's attention, for some of its queries.
struct HeadGradient {
  int block = 0, head = 0;
  int first_query = 0;   // row 0 of the two
  MatrixView attention;  // (rows, N) after the softmax, before dropout
  MatrixView gradient;   // (rows, N) ∂target/∂attention, every probability taken as free of the others
};

/// Who hears what of a backward pass. Blocks come from the last one down; a view holds during the call alone.
struct BackwardHooks {
  int down_to = 0;  // the block with which the pass ends
  /// From every thread, each with rows of its own: all heads of a block together once.
  std::function<void(const HeadGradient&)> head = {};
  /// From one thread, after all rows of the block's heads.
  std::function<void(int block)> block_done = {};
  /// From one thread: what the block's attention reads (N, C), the output of norm1, and the gradient there.
  std::function<void(int block, MatrixView tokens, MatrixView gradient)> tokens = {};

  WayBack way() const { return {down_to, tokens != nullptr}; }
};

/// Runs backward from the target through the blocks of a trace. What the trace does not keep is computed again, a block
/// at a time; of attention and its gradient one head is in memory at a time. The gradient that reaches a head is
/// multiplied by its factor, 0 where it is off; dropout drops what it dropped. `meter` times the operators (each with
/// what is computed again for it) and carries stop requests. Throws Error as refused_backward() and validate() say, and
/// Cancelled. Call it from one thread at a time per `pool`.
void backward(const Trace& trace, const Target& target, const BackwardHooks& hooks, Meter& meter, Pool& pool);

/// Empty, or why there is no way back through this trace.
std::string refused_backward(const Trace& trace);

/// Throws Error unless the network has what the target names.
void validate(const Target& target, const Trace& trace);

/// The number itself.
double value_of(const Target& target, const Trace& trace);

/// (N) the weight of each token in what the target reads, sum 1: one token, or the mean of some.
std::vector<float> tokens_read(const Target& target, const Trace& trace);

}  // namespace vit
