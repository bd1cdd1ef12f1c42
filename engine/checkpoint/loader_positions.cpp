// Positions of networks that have another family's tensors and meet other sizes of input in their own way.
#include <string>
#include <string_view>

#include "engine/checkpoint/loader.h"

namespace vit {
namespace {

/// Networks that read pictures of any size with a SigLIP's tensors: each place takes the stored position that it rounds
/// to.
bool looks_up(std::string_view model_type) {
  for (const std::string_view type : {"idefics2", "idefics3", "smolvlm", "minicpm", "phi4_multimodal", "phi4mm"}) {
    if (model_type.starts_with(type)) return true;
  }
  return false;
}

}  // namespace

/// By what a file says of the whole network, or by how its tensors' names begin.
void Loader::adapt_positions() {
  PositionRule& rule = config().position;
  if (!rule.learned) return;
  const std::string_view prefix = detected_.prefix, family = detected_.family->name;
  if (family == "Hugging Face ViT" &&
      (hints_.model_type == "dpt" || (hints_.model_type.empty() && prefix.ends_with("dpt.")))) {
    rule.bicubic = false;
    position_reason_ = "usual for Hugging Face's DPT";
  }
  if (family != "Hugging Face SigLIP") return;
  const bool called = hints_.model_type.empty() && prefix.ends_with("vpm.");  // MiniCPM-V's
  if (!called && !looks_up(hints_.model_type) && !looks_up(hints_.whole_type)) return;
  rule.resampled = false;
  rule.looked_up = true;
  position_reason_ = "its own code rounds the places at other sizes to stored positions, which is not supported";
}

}  // namespace vit
