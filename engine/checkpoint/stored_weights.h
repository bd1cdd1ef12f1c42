// Weights that are not stored as a plain network stores them: 8-bit codes with scales, adapters beside the weights,
// blocks in chunks. What is plain arithmetic becomes plain weights, the rest is refused by its name.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/containers/tensor_file.h"

namespace vit {

struct PlainWeights {
  std::shared_ptr<const TensorFile> file;
  std::vector<std::string> notes;  // for the report: "16 weights of 8-bit codes, each times its scale"
};

/// Throws Error where codes, adapters or chunks cannot be made plain: no scale, no rank, a scheme of its own.
PlainWeights plain_weights(const std::shared_ptr<const TensorFile>& file);

}  // namespace vit
