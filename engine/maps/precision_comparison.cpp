#include "engine/maps/precision_comparison.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "engine/base/error.h"
#include "engine/maps/attention.h"

namespace vit {
namespace {

constexpr int kParts = 4;  // of the queries, each in one piece: a head's keys are packed once for it

/// Some queries of a head in both passes. Returns their sum of Σ|p - p_exact| / 2.
double compare_part(const Trace& trace, const Trace& exact, int block, int head, int first, int count,
                    double& largest) {
  const Matrix mine = attention_part(trace, block, head, first, count),
               theirs = attention_part(exact, block, head, first, count);
  double away = 0;
  for (int row = 0; row < count; ++row) {
    for (int key = 0; key < mine.cols(); ++key) {
      const double difference = std::abs(static_cast<double>(mine(row, key)) - theirs(row, key));
      away += difference;
      largest = std::max(largest, difference);
    }
  }
  return away / 2;
}

int largest_logit(const Trace& trace) {
  if (trace.logits.empty()) return -1;
  return static_cast<int>(std::max_element(trace.logits.begin(), trace.logits.end()) - trace.logits.begin());
}

}  // namespace

PrecisionChange precision_change(const Trace& trace, const Trace& exact, const std::stop_token& stop) {
  assert(trace.model == exact.model && trace.grid == exact.grid && trace.blocks.size() == exact.blocks.size());
  PrecisionChange change = {.top1 = largest_logit(trace), .top1_exact = largest_logit(exact)};
  const int tokens = trace.grid.tokens();
  const int parts = tokens > kQueriesCompared ? kParts : 1;
  const int count = std::min(tokens, kQueriesCompared) / parts;
  double moved = 0;
  std::int64_t rows = 0;
  for (int block = 0; block < static_cast<int>(trace.blocks.size()); ++block) {
    for (int head = 0; head < trace.settings.heads(block); ++head) {
      for (int part = 0; part < parts; ++part, rows += count) {
        if (stop.stop_requested()) throw Cancelled();
        moved += compare_part(trace, exact, block, head, part * (tokens / parts), count, change.largest);
      }
    }
  }
  if (rows > 0) change.moved = moved / static_cast<double>(rows);
  return change;
}

}  // namespace vit
