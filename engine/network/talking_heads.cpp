#include "engine/network/talking_heads.h"

#include <algorithm>
#include <array>
#include <vector>

namespace vit {

void mix_heads(const HeadMix& mix, float scale, const HeadRows& from, const HeadRows& to) {
  constexpr int kKeys = 64;  // at a time, so that those of all heads stay in the level-1 cache
  const auto heads = static_cast<std::size_t>(from.heads);
  std::vector<std::array<float, kKeys>> mixed(heads);
  for (int r = 0; r < from.rows; ++r) {
    for (int first = 0; first < from.keys; first += kKeys) {
      const int count = std::min(kKeys, from.keys - first);
      for (int out = 0; out < from.heads; ++out) {
        std::array<float, kKeys>& sum = mixed[static_cast<std::size_t>(out)];
        sum.fill(mix.bias[static_cast<std::size_t>(out)]);
        for (int in = 0; in < from.heads; ++in) {
          const float weight = scale * mix.weight(out, in);
          const float* x = from.row(in, r) + first;
          for (int k = 0; k < count; ++k) sum[static_cast<std::size_t>(k)] += weight * x[k];
        }
      }
      for (int out = 0; out < from.heads; ++out)
        std::copy_n(mixed[static_cast<std::size_t>(out)].begin(), count, to.row(out, r) + first);
    }
  }
}

}  // namespace vit
