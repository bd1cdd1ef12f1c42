// The answer that the page in the centre shows, with what is said about its maps: worked out when it is first needed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/session/view.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/map_set.h"
#include "engine/maps/scale_ends.h"

namespace headlight {

class ShownMaps {
 public:
  void show(std::shared_ptr<const vit::MapSet> set);
  bool empty() const { return !set_; }

  // All below: not while it is empty.
  const vit::MapSet& set() const { return *set_; }
  const vit::TokenGrid& grid() const { return set_->trace->grid; }
  /// The map that the view chooses.
  int chosen(const View& view) const { return set_->find(view.block, view.head); }
  const vit::MapLabel& label(int index) const { return set_->labels[static_cast<std::size_t>(index)]; }
  const vit::MapFacts& facts(int index);
  const std::string& sentence(int index);
  /// Counts of a map's values in equal bins over a range, see histogram(); counted anew when one of the three changes.
  const std::vector<int>& counts(int index, const vit::Range& range, int bins);
  /// Whether values of the map lie beyond the range; looked up anew when one of the two changes.
  const vit::Beyond& beyond(int index, const vit::Range& range);

 private:
  std::shared_ptr<const vit::MapSet> set_;
  std::vector<std::optional<vit::MapFacts>> facts_;
  std::pair<int, std::string> sentence_{-1, {}};
  struct Counted {
    int index = -1;
    vit::Range range;
    std::vector<int> bins;
  } counted_;
  struct Looked {
    int index = -1;
    vit::Range range;
    vit::Beyond beyond;
  } looked_;
};

}  // namespace headlight
