// NumPy's .npz: a zip file of arrays, as Google's JAX checkpoints are published.
#pragma once

#include <memory>

#include "engine/containers/tensor_file.h"
#include "engine/containers/zip_archive.h"

namespace vit {

bool looks_like_npz(const ZipArchive& archive);

std::shared_ptr<const TensorFile> open_npz(const ZipArchive& archive);

}  // namespace vit
