// What the nodes of an ONNX graph say of a network beside its tensors.
#pragma once

#include <map>
#include <string>

#include "engine/containers/onnx_graph.h"

namespace vit {

/// "eps", "activation" and "heads" where all nodes agree. `tensors` are all constants by name.
std::map<std::string, std::string> words_of(const OnnxGraph& graph,
                                            const std::map<std::string, const OnnxTensor*>& tensors);

}  // namespace vit
