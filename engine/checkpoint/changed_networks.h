// Networks that were built around a Vision Transformer and change what it computes, told by their own tensors.
#pragma once

namespace vit {

class TensorFile;

/// Throws Error that names the network and says what it changes.
void refuse_changed_networks(const TensorFile& file);

}  // namespace vit
