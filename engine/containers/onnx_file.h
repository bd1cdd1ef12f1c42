// An ONNX file as names and tensors. Exporters keep the names of most parameters; products of two matrices lose theirs
// and find them again by the graph.
#pragma once

#include <memory>

#include "engine/base/mapped_file.h"
#include "engine/containers/tensor_file.h"

namespace vit {

/// Its metadata says what the graph says beside the tensors: "eps" of the norms, "activation", "heads", where all nodes
/// agree. Throws Error for a quantised graph, and for one whose products cannot be told apart.
std::shared_ptr<const TensorFile> open_onnx(const std::shared_ptr<const MappedFile>& file);

}  // namespace vit
