#include "app/panels/shown_maps.h"

#include <algorithm>

#include "app/panels/color_bar.h"
#include "engine/maps/analysis.h"

namespace headlight {

void ShownMaps::show(std::shared_ptr<const vit::MapSet> set) {
  const bool same = set_ == set || (set_ && set && set_->serial == set->serial);
  if (same) return;
  set_ = std::move(set);
  facts_.clear();
  sentence_.first = -1;
  counted_.index = -1;
  looked_.index = -1;
}

const vit::MapFacts& ShownMaps::facts(int index) {
  facts_.resize(static_cast<std::size_t>(set_->count()));
  std::optional<vit::MapFacts>& facts = facts_[static_cast<std::size_t>(index)];
  if (!facts) facts = vit::facts_of(*set_, index);
  return *facts;
}

const std::string& ShownMaps::sentence(int index) {
  if (sentence_.first != index) sentence_ = {index, vit::analysis_by_id(set_->question.analysis)->about(*set_, index)};
  return sentence_.second;
}

const std::vector<int>& ShownMaps::counts(int index, const vit::Range& range, int bins) {
  const bool known =
      counted_.index == index && counted_.range == range && counted_.bins.size() == static_cast<std::size_t>(bins);
  if (!known) counted_ = {index, range, histogram(set_->map(index), range, bins)};
  return counted_.bins;
}

const vit::Beyond& ShownMaps::beyond(int index, const vit::Range& range) {
  if (looked_.index != index || !(looked_.range == range))
    looked_ = {index, range, vit::beyond(set_->map(index), range)};
  return looked_.beyond;
}

}  // namespace headlight
