// The safetensors format: an 8-byte length, a JSON header, then raw little-endian tensors.
#pragma once

#include <memory>

#include "engine/base/mapped_file.h"
#include "engine/containers/tensor_file.h"

namespace vit {

/// True if the beginning of the file looks like safetensors: a plausible header length and an opening brace.
bool looks_like_safetensors(const MappedFile& file);

/// Throws Error for headers and offsets that do not fit the file.
std::shared_ptr<const TensorFile> open_safetensors(const std::shared_ptr<const MappedFile>& file);

}  // namespace vit
