#include "app/analysis/grid_maps.h"

#include <algorithm>
#include <utility>

#include "app/analysis/frame_budget.h"
#include "engine/maps/attention.h"

namespace headlight {

bool GridMaps::update(const std::shared_ptr<const vit::Trace>& trace, const View& view) {
  if (!trace || trace->blocks.empty()) return false;
  const int query = std::clamp(view.query, 0, trace->grid.tokens() - 1);
  if (now_.show(trace.get(), query, view.stage)) {
    next_ = {};
    return false;
  }
  if (!next_.show(trace.get(), query, view.stage)) {
    next_ = {.trace = trace,
             .query = query,
             .stage = view.stage,
             .first = {},
             .values = {},
             .ranges = {},
             .shared = {},
             .peak = 0};
    int count = 0;
    for (const int heads : trace->settings.num_heads) {
      next_.first.push_back(count);
      count += heads;
    }
    next_.ranges.resize(static_cast<std::size_t>(count));
    next_.values.resize(static_cast<std::size_t>(count) * trace->grid.rows * trace->grid.cols);
    done_ = 0;
  }
  const bool at_once = !now_.trace || now_.trace->pixels != trace->pixels || now_.trace->model != trace->model;
  const int depth = static_cast<int>(trace->blocks.size());
  double floats = 0;
  while (done_ < depth && (at_once || floats < kFloatsEachFrame)) {
    floats += vit::floats_read(*trace, done_);
    compute_block(done_++);
  }
  if (done_ < depth) return false;
  // Putting them in order is work, too: for large networks a call's.
  if (!at_once && floats > 0 && floats + static_cast<double>(next_.values.size()) > kFloatsEachFrame) return false;
  next_.shared = vit::shared_range(next_.values);
  now_ = std::move(next_);
  next_ = {};
  return true;
}

void GridMaps::compute_block(int block) {
  const vit::Trace& trace = *next_.trace;
  const int prefix = trace.grid.prefix, patches = trace.grid.rows * trace.grid.cols;
  const vit::Matrix rows = vit::attention_rows(trace, block, next_.query, next_.stage);
  for (int h = 0; h < rows.rows(); ++h) {
    const auto index = static_cast<std::size_t>(next_.first[static_cast<std::size_t>(block)] + h);
    float* map = next_.values.data() + index * patches;
    std::copy_n(rows.row(h) + prefix, patches, map);
    next_.ranges[index] = vit::range_of({map, static_cast<std::size_t>(patches)});
    next_.peak = std::max(next_.peak, *std::max_element(map, map + patches));
  }
}

int GridMaps::most_heads() const {
  return *std::max_element(now_.trace->settings.num_heads.begin(), now_.trace->settings.num_heads.end());
}

float GridMaps::value(int index, int row, int col) const {
  const vit::TokenGrid& grid = now_.trace->grid;
  return now_.values[(static_cast<std::size_t>(index) * grid.rows + row) * grid.cols + col];
}

vit::Range GridMaps::range(int index, const View& view) const {
  if (view.range_rule == vit::RangeRule::fixed) return view.fixed_range;
  return view.range_rule == vit::RangeRule::per_head ? now_.ranges[static_cast<std::size_t>(index)] : now_.shared;
}

}  // namespace headlight
