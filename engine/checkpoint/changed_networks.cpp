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

constexpr const char* kWindows = "most of its blocks work in windows, which no tensor tells";
constexpr const char* kCameras = "it adds to its tokens what it learned of each camera and view";

constexpr Change kChanges[] = {
    {"backbone.0.encoder.encoder.", "an RF-DETR", kWindows},
    {"refpoint_embed.", "an RF-DETR or LW-DETR", kWindows},
    {"network.q.weight", "an EoMT", "its queries stand among the patches of the last blocks, each with a mask"},
    {"sie_embed", "a TransReID", kCameras},
    {"cv_embed", "a CLIP-ReID", kCameras},
    {"prompt_encoder.default.", "a network with PEFT's learned prompts", "they stand among the patches"},
    {"interactions.0.", "a ViT-Adapter",
     "between its blocks the tokens are changed by what convolutions make of the picture"},
    {"conv1_alpha.", "an Alpha-CLIP", "it reads a mask beside the picture, by a second patch embedding"},
    {"patch_embedding_alpha.", "an Alpha-CLIP", "it reads a mask beside the picture, by a second patch embedding"},
};

}  // namespace

void refuse_changed_networks(const TensorFile& file) {
  for (const auto& [name, entry] : file.entries()) {
    for (const Change& change : kChanges) {
      const std::size_t at = name.find(change.part);
      if (at == std::string::npos || (at > 0 && name[at - 1] != '.' && name[at - 1] != '/')) continue;
      throw Error(file.path().string() + " is " + change.what + " (tensor \"" + name +
                  "\"), which is not supported, because " + change.because + ".");
    }
  }
}

}  // namespace vit
