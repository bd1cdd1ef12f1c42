// A checkpoint in several files: an index says which tensor lies in which of them.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "engine/containers/tensor_file.h"

namespace vit {

/// NAME.safetensors.index.json or NAME.bin.index.json. Throws Error for an index that names files outside its folder,
/// or tensors that its files do not have.
std::shared_ptr<const TensorFile> open_sharded(const std::filesystem::path& index);

/// The index of the checkpoint that a file called NAME-00001-of-00003.safetensors is a part of, or nothing for other
/// names. Throws Error if the index is not beside it: one part alone is no network.
std::optional<std::filesystem::path> index_of_part(const std::filesystem::path& file);

/// The checkpoint in a folder: model.safetensors, its index, pytorch_model.bin, …, else the only checkpoint there. A
/// model's folder in Hugging Face's cache counts as its newest snapshot.
/// Throws Error if there is none, or several of which none has a usual name.
std::filesystem::path checkpoint_in(const std::filesystem::path& folder);

}  // namespace vit
