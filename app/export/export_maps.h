// The maps of one block for one query, in the order in which they are exported.
#pragma once

#include <string>
#include <vector>

#include "engine/maps/attention.h"
#include "engine/maps/heatmap.h"
#include "engine/network/trace.h"

namespace headlight {

/// Which maps of a block. `heads` counts only without `all_heads`.
struct HeadSelection {
  bool mean = true, max = true;
  bool all_heads = true;
  std::vector<int> heads;
  bool operator==(const HeadSelection&) const = default;
};

/// One map and its name in files: "mean", "max", "head02".
struct NamedMap {
  std::string file_part;
  std::string name;   // "mean", "max", "2"
  std::string title;  // "mean", "max", "head 2"
  vit::PatchMap map;
};

struct BlockMaps {
  int block = 0;
  int num_heads = 0;
  std::vector<NamedMap> maps;
  std::vector<float> patches;  // of all heads of the block, whichever of them are selected
  vit::Range shared;           // of them
};

/// The block, query and heads must exist.
BlockMaps block_maps(const vit::Trace& trace, int block, int query, const HeadSelection& heads, vit::Stage stage);

/// The range of one map by the rule.
vit::Range range_for(const BlockMaps& block, const NamedMap& map, vit::RangeRule rule, const vit::Range& fixed);

/// "block05": as many digits as the last block needs, at least two.
std::string block_file_part(int block, int depth);

}  // namespace headlight
