// The passes over the last frames of a sequence, so that going back to one shows it at once. In bounded memory.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>

#include "engine/image/image.h"
#include "engine/image/preprocessing.h"
#include "engine/network/model.h"
#include "engine/network/settings.h"
#include "engine/network/trace.h"

namespace headlight {

/// A pass over a photo, with what else belongs to that photo.
struct KeptPass {
  std::shared_ptr<const vit::Model> model;
  std::shared_ptr<const vit::Image> image;
  vit::Preprocessing preprocessing;
  vit::Settings settings;  // that the pass was asked with
  std::shared_ptr<const vit::Pixels> pixels;
  std::shared_ptr<const vit::Trace> trace;
  std::shared_ptr<const vit::Trace> baseline;  // null: none yet
};

/// The pass that was kept first goes first.
class KeptPasses {
 public:
  void put(KeptPass pass, std::size_t bytes, std::size_t most_bytes);
  /// Takes it out.
  std::optional<KeptPass> take(const vit::Model& model, const vit::Image& image, const vit::Preprocessing& rules);
  void clear();
  std::size_t bytes() const { return bytes_; }
  std::size_t count() const { return kept_.size(); }

 private:
  struct Entry {
    KeptPass pass;
    std::size_t bytes;
  };
  std::list<Entry> kept_;  // the newest first
  std::size_t bytes_ = 0;
};

}  // namespace headlight
