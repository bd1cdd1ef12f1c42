#include "engine/checkpoint/changed_networks.h"

#include <string>

#include "engine/base/error.h"
#include "engine/containers/tensor_file.h"

namespace vit {
namespace {

struct Change {
  const char* part;  // of a tensor's name
  const char* what;
  const char* because;
};

constexpr Change kChanges[] = {
    {"interactions.0.injector.", "a ViT-Adapter",
     "between its blocks the tokens are changed by what convolutions make of the picture"},
    {"conv1_alpha.", "an Alpha-CLIP", "it reads a mask beside the picture, by a second patch embedding"},
    {"patch_embedding_alpha.", "an Alpha-CLIP", "it reads a mask beside the picture, by a second patch embedding"},
};

}  // namespace

void refuse_changed_networks(const TensorFile& file) {
  for (const auto& [name, entry] : file.entries()) {
    for (const Change& change : kChanges) {
      if (name.find(change.part) == std::string::npos) continue;
      throw Error(file.path().string() + " is " + change.what + " (tensor \"" + name +
                  "\"), which is not supported, because " + change.because + ".");
    }
  }
}

}  // namespace vit
