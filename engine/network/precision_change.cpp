#include "engine/network/precision_change.h"

#include <fmt/format.h>

namespace vit {

std::string words_of(const PrecisionChange& change) {
  std::string words = fmt::format("{:.2g} % of the attention moved", 100 * change.moved);
  if (change.top1_exact < 0) return words;
  return words + (change.top1 == change.top1_exact ? ", top-1 unchanged" : ", another top-1 class");
}

}  // namespace vit
