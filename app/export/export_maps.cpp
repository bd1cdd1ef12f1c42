#include "app/export/export_maps.h"

#include <algorithm>
#include <numeric>

namespace headlight {
namespace {

/// `number` with as many digits as `last` has, at least two: files sort by number.
std::string padded(int number, int last) {
  const std::size_t digits = std::max<std::size_t>(2, std::to_string(last).size());
  const std::string text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

vit::PatchMap patches_of(const float* row, const vit::TokenGrid& grid) {
  return {grid.rows, grid.cols, {row + grid.prefix, row + grid.tokens()}};
}

}  // namespace

std::string block_file_part(int block, int depth) {
  return "block" + padded(block, depth - 1);
}

BlockMaps block_maps(const vit::Trace& trace, int block, int query, const HeadSelection& heads, vit::Stage stage) {
  const vit::Matrix rows = vit::attention_rows(trace, block, query, stage);
  BlockMaps result;
  result.block = block;
  result.num_heads = rows.rows();

  for (int head = 0; head < rows.rows(); ++head)
    result.patches.insert(result.patches.end(), rows.row(head) + trace.grid.prefix,
                          rows.row(head) + trace.grid.tokens());
  result.shared = vit::shared_range(result.patches);

  if (heads.mean)
    result.maps.push_back(
        {"mean", "mean", "mean", patches_of(vit::attention_mean(trace, block, query, stage).data(), trace.grid)});
  if (heads.max)
    result.maps.push_back(
        {"max", "max", "max", patches_of(vit::attention_max(trace, block, query, stage).data(), trace.grid)});
  std::vector<int> chosen = heads.heads;
  if (heads.all_heads) {
    chosen.resize(static_cast<std::size_t>(rows.rows()));
    std::iota(chosen.begin(), chosen.end(), 0);
  }
  for (int head : chosen)
    result.maps.push_back({"head" + padded(head, rows.rows() - 1), std::to_string(head), "head " + std::to_string(head),
                           patches_of(rows.row(head), trace.grid)});
  return result;
}

vit::Range range_for(const BlockMaps& block, const NamedMap& map, vit::RangeRule rule, const vit::Range& fixed) {
  switch (rule) {
    case vit::RangeRule::shared:
      return block.shared;
    case vit::RangeRule::per_head:
      return vit::range_of(map.map.values);
    case vit::RangeRule::fixed:
      break;
  }
  return fixed;
}

}  // namespace headlight
