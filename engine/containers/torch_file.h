// PyTorch's .pth, .pt and .bin: the zip format of today, and the one before version 1.6.
#pragma once

#include <memory>

#include "engine/base/mapped_file.h"
#include "engine/containers/tensor_file.h"
#include "engine/containers/zip_archive.h"

namespace vit {

bool looks_like_torch_zip(const ZipArchive& archive);
std::shared_ptr<const TensorFile> open_torch_zip(const ZipArchive& archive);

/// A file that begins as a pickle: PyTorch's old format if it opens with that one's magic number, else a pickle of
/// NumPy arrays as PaddlePaddle writes it (.pdparams).
bool looks_like_pickle(const MappedFile& file);
std::shared_ptr<const TensorFile> open_pickle(const std::shared_ptr<const MappedFile>& file);

}  // namespace vit
