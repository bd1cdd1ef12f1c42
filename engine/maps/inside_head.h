// One head's arithmetic for one query, number by number: q·k, ÷ √d, + bias, softmax, and the weighted sum of the
// values. Talking heads mix their scores before the softmax, and what it gives behind it.
#pragma once

#include <stop_token>
#include <vector>

#include "engine/base/matrix.h"
#include "engine/network/trace.h"

namespace vit {

/// Of all keys. N tokens, d channels of the head.
struct HeadNumbers {
  int block = 0, head = 0, query = 0;
  std::vector<float> q;        // (d)
  std::vector<float> biases;   // (N) relative position biases, or what mixing the heads adds; else empty
  std::vector<float> scores;   // (N) q·k / √d + bias
  std::vector<float> shares;   // (N) their softmax, before dropout
  std::vector<float> weights;  // (N) what the values are multiplied with: the shares, of talking heads their mix
  int keys = 0;                // that the softmax is over: N, or the places of the query's window
  std::vector<bool> outside;   // (N) of a windowed block: the tokens that the query does not see; else empty
  float padding = 0;           // the share of the window's padding
  Matrix values;               // (N, d) computed again from the block's input
  std::vector<float> output;   // (d) Σ weight · value, that of padding included
};

/// Costs N·C·d multiply-adds, for the values. The trace must hold the block, see Extent. Throws Cancelled.
HeadNumbers head_numbers(const Trace& trace, int block, int head, int query, const std::stop_token& stop = {});

/// Of one key among them.
struct PairNumbers {
  std::vector<float> k, products;  // (d) the key, and q · k channel by channel
  float dot = 0;                   // their sum
  float bias = 0;                  // of the relative position or of mixing the heads, 0 where the network has neither
  float score = 0;                 // dot / √d + bias
  float share = 0;
  float weight = 0;
  std::vector<float> part;   // (d) weight · value: what this key adds to the output
  float part_of_output = 0;  // how much of the output's length lies in `part`: part·output / |output|²; all keys: 1
};
PairNumbers pair_numbers(const Trace& trace, const HeadNumbers& numbers, int key);

}  // namespace vit
