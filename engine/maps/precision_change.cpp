#include "engine/maps/precision_change.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

#include "engine/base/error.h"
#include "engine/maps/attention.h"

namespace vit {
namespace {

/// 0 to tokens - 1, evenly spread, the first token (the class token, where there is one) among them.
std::vector<int> queries_of(int tokens) {
  const int count = std::min(tokens, kQueriesCompared);
  std::vector<int> queries;
  queries.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) queries.push_back(static_cast<int>(static_cast<std::int64_t>(i) * tokens / count));
  return queries;
}

int largest_logit(const Trace& trace) {
  if (trace.logits.empty()) return -1;
  return static_cast<int>(std::max_element(trace.logits.begin(), trace.logits.end()) - trace.logits.begin());
}

}  // namespace

PrecisionChange precision_change(const Trace& trace, const Trace& exact, const std::stop_token& stop) {
  assert(trace.model == exact.model && trace.grid == exact.grid && trace.blocks.size() == exact.blocks.size());
  PrecisionChange change = {.top1 = largest_logit(trace), .top1_exact = largest_logit(exact)};
  double moved = 0;
  std::int64_t rows = 0;
  for (int b = 0; b < static_cast<int>(trace.blocks.size()); ++b) {
    for (const int query : queries_of(trace.grid.tokens())) {
      if (stop.stop_requested()) throw Cancelled();
      const Matrix mine = attention_rows(trace, b, query), theirs = attention_rows(exact, b, query);
      for (int head = 0; head < mine.rows(); ++head, ++rows) {
        double away = 0;
        for (int key = 0; key < mine.cols(); ++key) {
          const double difference = std::abs(static_cast<double>(mine(head, key)) - theirs(head, key));
          away += difference;
          change.largest = std::max(change.largest, difference);
        }
        moved += away / 2;
      }
    }
  }
  if (rows > 0) change.moved = moved / static_cast<double>(rows);
  return change;
}

}  // namespace vit
