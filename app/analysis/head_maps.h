// The maps of one block for one query, with what the window says about each: computed once per change.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/session/view.h"
#include "engine/maps/heatmap.h"
#include "engine/network/trace.h"

namespace headlight {

/// What is said about one map.
struct MapFacts {
  vit::Range range;        // of its patch values
  float entropy_bits = 0;  // of the whole row brought to a sum of 1, prefix tokens included; not of the maximum
  float peak = 0;          // largest patch value
  int peak_patch = 0;
  float own = 0;                // on the query itself
  float prefix = 0;             // on the prefix tokens together
  float patches = 0;            // on the patches together; of the maximum: the most that one head gives them
  std::vector<float> to_token;  // (prefix) on each prefix token
};

/// Maps in the order mean, maximum, head 0, head 1, …
class HeadMaps {
 public:
  /// Does nothing if all is as at the last call; true if the maps changed.
  bool update(const std::shared_ptr<const vit::Trace>& trace, const View& view);

  bool empty() const { return !trace_; }
  int block() const { return block_; }
  int query() const { return query_; }
  int heads() const { return heads_; }
  int count() const { return heads_ + 2; }
  /// They are what a dropout mask left: rows need not sum to 1.
  bool after_dropout() const;
  int rows() const { return rows_; }
  int cols() const { return cols_; }
  const std::shared_ptr<const vit::Trace>& trace() const { return trace_; }
  const std::vector<float>& values() const { return values_; }  // (count, rows, cols)

  /// `head` as in View: kMeanOfHeads, kMaxOfHeads or an index.
  static int index_of(int head) { return head - kMeanOfHeads; }
  const float* map(int head) const { return values_.data() + static_cast<std::size_t>(index_of(head)) * rows_ * cols_; }
  const MapFacts& facts(int head) const { return facts_[static_cast<std::size_t>(index_of(head))]; }
  vit::PatchMap patch_map(int head) const;
  vit::Range range(int head, const View& view) const;  // by the view's rule

  /// "From the patch (2, 4), head 3 puts 31 % on its own patch, 4.0 % on the class token; half of what goes to patches
  /// falls on 9 of 64, the most, 8.2 %, on row 2, column 5."
  std::string sentence(int head) const;

 private:
  void fill(int index, const float* row);

  std::shared_ptr<const vit::Trace> trace_;
  int block_ = -1, query_ = -1, heads_ = 0, rows_ = 0, cols_ = 0;
  vit::Stage stage_ = vit::Stage::softmax;
  std::vector<float> values_;
  std::vector<MapFacts> facts_;
  vit::Range shared_;
};

}  // namespace headlight
