// The maps of every head of every block for one query: what the Layers × heads tab shows.
#pragma once

#include <memory>
#include <vector>

#include "app/view.h"
#include "engine/heatmap.h"
#include "engine/trace.h"

namespace headlight {

/// Maps block by block, within a block head by head.
class NetworkMaps {
 public:
  /// Does nothing if all is as at the last call; true if the maps changed.
  bool update(const std::shared_ptr<const vit::Trace>& trace, const View& view);

  const std::shared_ptr<const vit::Trace>& trace() const { return trace_; }
  int blocks() const { return static_cast<int>(first_.size()); }
  int heads(int block) const { return trace_->settings.num_heads[static_cast<std::size_t>(block)]; }
  int count() const { return count_; }
  int most_heads() const;
  int index_of(int block, int head) const { return first_[static_cast<std::size_t>(block)] + head; }
  const std::vector<float>& values() const { return values_; }  // (count, rows, cols)
  float value(int index, int row, int col) const;
  vit::Range range(int index, const View& view) const;  // by the view's rule; shared: over all blocks

 private:
  std::shared_ptr<const vit::Trace> trace_;
  int query_ = -1, count_ = 0;
  vit::Stage stage_ = vit::Stage::softmax;
  std::vector<int> first_;
  std::vector<float> values_;
  std::vector<vit::Range> ranges_;
  vit::Range shared_;
};

}  // namespace headlight
