// Which maps of an answer are exported, and under which names.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/maps/analysis.h"
#include "engine/maps/map_set.h"
#include "engine/maps/token_names.h"

namespace headlight {

struct ExportSource;
struct ExportRequest;

/// Which maps of a block. `heads` counts only without `all_heads`. Maps that are of no head are always picked; where
/// the analysis's parameters choose one of them, that one alone.
struct HeadSelection {
  bool mean = true, max = true;
  bool all_heads = true;
  std::vector<int> heads;
  bool picks(int head) const;
  bool operator==(const HeadSelection&) const = default;
};

/// One answer, and the maps of it that a request asks for.
struct PickedMaps {
  std::shared_ptr<const vit::MapSet> set;
  std::vector<int> maps;  // indices, in the order of the set
};

/// The questions that a request asks: one for each of its blocks, or one for the whole network.
std::vector<vit::Question> questions_of(const ExportRequest& request);

/// Asks one of them. The request must be valid. Throws vit::Cancelled.
PickedMaps pick_maps(const ExportSource& source, const ExportRequest& request, const vit::Question& question,
                     const vit::Means& means = {});

/// The range that maps of several answers share: of all their heads, whichever of them are picked.
vit::Range common_range(const std::vector<PickedMaps>& answers, const std::vector<int>& blocks);

}  // namespace headlight
