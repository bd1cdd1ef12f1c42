#include <algorithm>
#include <string_view>

#include "engine/checkpoint/architectures.h"

namespace vit {

const Architecture* architecture_named(const std::string& name) {
  const std::string_view own = std::string_view(name).substr(0, name.find('.'));
  const std::span<const Architecture> all = architectures();
  const auto found = std::lower_bound(all.begin(), all.end(), own,
                                      [](const Architecture& a, std::string_view wanted) { return a.name < wanted; });
  return found != all.end() && found->name == own ? &*found : nullptr;
}

}  // namespace vit
