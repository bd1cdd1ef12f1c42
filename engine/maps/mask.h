// Masks: the patches that hold most of a map, their outlines, and their run lengths.
#pragma once

#include <span>
#include <vector>

namespace vit {

/// The fewest patches that hold at least `share` (0 … 1) of the sum over all patches, the largest first, of equal ones
/// the first: 1 for these, 0 for all others. DINO's visualize_attention.py (Caron et al. 2021) keeps the same ones, for
/// its `threshold` 0.6. A map without any value above 0 has an empty mask.
std::vector<float> mask_of(std::span<const float> map, double share);

/// How much of a map's opacity a mask has over a photo, so that it can be seen within.
inline constexpr float kMaskOpacity = 0.5f;

/// A line along the edge between two patches, in patches from the top left: horizontal or vertical.
struct EdgeLine {
  int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  bool operator==(const EdgeLine&) const = default;
};
/// The outline of the ones of a (rows, cols) mask: as few straight lines as possible, horizontal ones first.
std::vector<EdgeLine> outline_of(std::span<const float> mask, int rows, int cols);

/// Run lengths as in COCO's uncompressed RLE: column by column from the left, each from the top, a run of zeros first,
/// which may be empty. `at(row, col)` says whether a place of the (rows, cols) picture is in the mask.
template <typename At>
std::vector<int> run_lengths(int rows, int cols, const At& at) {
  std::vector<int> runs = {0};
  bool inside = false;
  for (int col = 0; col < cols; ++col)
    for (int row = 0; row < rows; ++row) {
      if (static_cast<bool>(at(row, col)) != inside) {
        inside = !inside;
        runs.push_back(0);
      }
      ++runs.back();
    }
  return runs;
}

}  // namespace vit
