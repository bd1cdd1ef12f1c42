#include "app/network_maps.h"

#include <algorithm>

#include "engine/attention.h"

namespace headlight {

bool NetworkMaps::update(const std::shared_ptr<const vit::Trace>& trace, const View& view) {
  if (!trace || trace->blocks.empty()) return false;
  const int query = std::clamp(view.query, 0, trace->grid.tokens() - 1);
  if (trace == trace_ && query == query_ && view.stage == stage_) return false;
  trace_ = trace;
  query_ = query;
  stage_ = view.stage;
  first_.clear();
  count_ = 0;
  for (const int heads : trace->settings.num_heads) {
    first_.push_back(count_);
    count_ += heads;
  }
  const int prefix = trace->grid.prefix, patches = trace->grid.rows * trace->grid.cols;
  values_.resize(static_cast<std::size_t>(count_) * patches);
  ranges_.resize(static_cast<std::size_t>(count_));
  for (int b = 0; b < blocks(); ++b) {
    const vit::Matrix rows = vit::attention_rows(*trace, b, query, stage_);
    for (int h = 0; h < heads(b); ++h) {
      const auto index = static_cast<std::size_t>(index_of(b, h));
      float* map = values_.data() + index * patches;
      std::copy_n(rows.row(h) + prefix, patches, map);
      ranges_[index] = vit::range_of({map, static_cast<std::size_t>(patches)});
    }
  }
  shared_ = vit::shared_range(values_);
  return true;
}

int NetworkMaps::most_heads() const {
  return *std::max_element(trace_->settings.num_heads.begin(), trace_->settings.num_heads.end());
}

float NetworkMaps::value(int index, int row, int col) const {
  const vit::TokenGrid& grid = trace_->grid;
  return values_[(static_cast<std::size_t>(index) * grid.rows + row) * grid.cols + col];
}

vit::Range NetworkMaps::range(int index, const View& view) const {
  if (view.range_rule == vit::RangeRule::fixed) return view.fixed_range;
  return view.range_rule == vit::RangeRule::per_head ? ranges_[static_cast<std::size_t>(index)] : shared_;
}

}  // namespace headlight
