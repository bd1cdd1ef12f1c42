#include "app/session/kept_passes.h"

#include <algorithm>
#include <utility>

namespace headlight {

void KeptPasses::put(KeptPass pass, std::size_t bytes, std::size_t most_bytes) {
  take(*pass.model, *pass.image, pass.preprocessing);  // an older one of the same photo
  kept_.push_front({std::move(pass), bytes});
  bytes_ += bytes;
  while (bytes_ > most_bytes && !kept_.empty()) {
    bytes_ -= kept_.back().bytes;
    kept_.pop_back();
  }
}

std::optional<KeptPass> KeptPasses::take(const vit::Model& model, const vit::Image& image,
                                         const vit::Preprocessing& rules) {
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Entry& entry) {
    return entry.pass.model.get() == &model && entry.pass.image.get() == &image && entry.pass.preprocessing == rules;
  });
  if (found == kept_.end()) return std::nullopt;
  KeptPass pass = std::move(found->pass);
  bytes_ -= found->bytes;
  kept_.erase(found);
  return pass;
}

void KeptPasses::clear() {
  kept_.clear();
  bytes_ = 0;
}

}  // namespace headlight
