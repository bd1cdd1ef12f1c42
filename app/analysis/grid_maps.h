// The maps of every head of every block for one query: what the Layers × heads tab shows.
#pragma once

#include <memory>
#include <vector>

#include "app/session/view.h"
#include "engine/maps/heatmap.h"
#include "engine/network/trace.h"

namespace headlight {

/// Maps block by block, within a block head by head.
class GridMaps {
 public:
  /// Does nothing if all is as at the last call; true if the maps changed. Large networks' maps take several calls, so
  /// that no frame stalls: until they are complete (`unfinished`), the last ones stay. For a new model or photo they
  /// are complete at once.
  bool update(const std::shared_ptr<const vit::Trace>& trace, const View& view);
  bool unfinished() const { return next_.trace != nullptr; }

  const std::shared_ptr<const vit::Trace>& trace() const { return now_.trace; }
  int blocks() const { return static_cast<int>(now_.first.size()); }
  int heads(int block) const { return now_.trace->settings.num_heads[static_cast<std::size_t>(block)]; }
  int count() const { return static_cast<int>(now_.ranges.size()); }
  int most_heads() const;
  int index_of(int block, int head) const { return now_.first[static_cast<std::size_t>(block)] + head; }
  const std::vector<float>& values() const { return now_.values; }  // (count, rows, cols)
  float value(int index, int row, int col) const;
  vit::Range range(int index, const View& view) const;  // by the view's rule; shared: over all blocks
  float peak() const { return now_.peak; }              // the largest value of all

 private:
  struct Maps {
    std::shared_ptr<const vit::Trace> trace;
    int query = -1;
    vit::Stage stage = vit::Stage::softmax;
    std::vector<int> first;          // (L) index of a block's head 0
    std::vector<float> values;       // (count, rows, cols)
    std::vector<vit::Range> ranges;  // (count)
    vit::Range shared;
    float peak = 0;

    bool show(const vit::Trace* other, int other_query, vit::Stage other_stage) const {
      return trace.get() == other && query == other_query && stage == other_stage;
    }
  };
  void compute_block(int block);

  Maps now_;
  Maps next_;     // without a trace while nothing is being computed
  int done_ = 0;  // blocks of the next maps
};

}  // namespace headlight
