#include "engine/checkpoint/family.h"

#include <iterator>

#include "engine/checkpoint/family_rows.h"

namespace vit {

std::span<const Family> families() {
  static const std::vector<Family> all = [] {
    std::vector<Family> rows = families_of_rotary_networks();
    for (auto more : {families_of_other_tokens, families_of_windows, families_of_other_blocks, families_of_timm_names,
                      families_of_other_names}) {
      std::vector<Family> others = more();
      rows.insert(rows.end(), std::make_move_iterator(others.begin()), std::make_move_iterator(others.end()));
    }
    return rows;
  }();
  return all;
}

}  // namespace vit
