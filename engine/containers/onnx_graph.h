// What an ONNX file says of its graph: nodes, and tensors that stay where they lie in the file.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/mapped_file.h"
#include "engine/containers/tensor_file.h"

namespace vit {

struct OnnxTensor {
  std::string name;
  std::optional<DType> type;  // none: of a kind that no weight has
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;    // in the file, little-endian
  std::vector<std::int64_t> integers;  // of those that are stored one by one
  std::string location;                // a file beside, or empty
  std::uint64_t offset = 0;
};

struct OnnxNode {
  std::string name, op;
  std::string module;  // whose forward made it, where the exporter says so: "vit.layers.0.attention.q_proj"
  std::vector<std::string> inputs, outputs;
  std::map<std::string, std::int64_t> numbers;  // attributes
  std::map<std::string, float> reals;
  std::map<std::string, std::vector<std::int64_t>> lists;
  std::map<std::string, std::string> texts;
  std::optional<OnnxTensor> value;  // of a Constant
};

struct OnnxGraph {
  std::vector<OnnxNode> nodes;
  std::vector<OnnxTensor> tensors;
};

/// By content: a protocol buffer with a graph where a model has it.
bool looks_like_onnx(const MappedFile& file);

/// Throws Error, one sentence, for a file that is damaged or has more nodes or tensors than any network.
OnnxGraph read_onnx_graph(const MappedFile& file);

}  // namespace vit
