#include "engine/containers/onnx_graph.h"

#include <bit>
#include <utility>

#include "engine/base/error.h"
#include "engine/containers/wire.h"

namespace vit {
namespace {

// Numbers of fields, from ONNX's own description of its messages (onnx.proto).
constexpr std::uint64_t kModelGraph = 7, kModelLast = 26;
constexpr std::uint64_t kGraphNode = 1, kGraphInitializer = 5, kGraphSparse = 15;
constexpr std::size_t kMostNodes = 1u << 20, kMostTensors = 1u << 18, kMostDims = 16;

std::optional<DType> type_of(std::int64_t type) {
  switch (type) {
    case 1:
      return DType::f32;
    case 2:
      return DType::u8;
    case 3:
      return DType::i8;
    case 5:
      return DType::i16;
    case 6:
      return DType::i32;
    case 7:
      return DType::i64;
    case 9:
      return DType::boolean;
    case 10:
      return DType::f16;
    case 11:
      return DType::f64;
    case 16:
      return DType::bf16;
    default:
      return std::nullopt;
  }
}

/// Where a tensor lies that is kept in another file: pairs of a key and a value.
void read_place(std::span<const std::byte> message, const std::string& file, OnnxTensor& tensor) {
  std::string key, value;
  WireField field;
  for (WireReader reader(message, file); reader.next(field);) {
    if (field.number == 1) key = field.text();
    if (field.number == 2) value = field.text();
  }
  if (key == "location") tensor.location = value;
  if (key != "offset") return;
  for (const char digit : value) {
    if (digit < '0' || digit > '9' || tensor.offset > (std::uint64_t{1} << 58))
      throw Error(file + " names an impossible place in the file beside it: it is damaged.");
    tensor.offset = 10 * tensor.offset + static_cast<std::uint64_t>(digit - '0');
  }
}

OnnxTensor read_tensor(std::span<const std::byte> message, const std::string& file) {
  OnnxTensor tensor;
  WireField field;
  for (WireReader reader(message, file); reader.next(field);) {
    switch (field.number) {
      case 1:
        for (const std::int64_t size : reader.integers(field)) tensor.shape.push_back(size);
        break;
      case 2:
        tensor.type = type_of(static_cast<std::int64_t>(field.value));
        break;
      case 4:   // F32 side by side
      case 9:   // raw bytes
      case 10:  // F64 side by side
        if (field.has_bytes) tensor.bytes = field.bytes;
        break;
      case 5:
      case 7:
        for (const std::int64_t value : reader.integers(field)) tensor.integers.push_back(value);
        break;
      case 8:
        tensor.name = field.text();
        break;
      case 13:
        read_place(field.bytes, file, tensor);
        break;
      default:
        break;
    }
    if (tensor.shape.size() > kMostDims)
      throw Error(file + " has a tensor of more than " + std::to_string(kMostDims) + " sizes: it is damaged.");
  }
  return tensor;
}

void read_attribute(std::span<const std::byte> message, const std::string& file, OnnxNode& node) {
  std::string name;
  std::optional<std::int64_t> number;
  std::optional<float> real;
  std::optional<std::string> text;
  std::vector<std::int64_t> list;
  WireField field;
  for (WireReader reader(message, file); reader.next(field);) {
    if (field.number == 1) name = field.text();
    if (field.number == 2) real = std::bit_cast<float>(static_cast<std::uint32_t>(field.value));
    if (field.number == 3) number = static_cast<std::int64_t>(field.value);
    if (field.number == 4) text = field.text();
    if (field.number == 5) node.value = read_tensor(field.bytes, file);
    if (field.number == 8) {
      for (const std::int64_t value : reader.integers(field)) list.push_back(value);
    }
  }
  if (number) node.numbers[name] = *number;
  if (real) node.reals[name] = *real;
  if (text) node.texts[name] = *text;
  if (!list.empty()) node.lists[name] = std::move(list);
}

/// The exporter of PyTorch 2 lists the modules around a node: "['', 'vit', 'vit.layers.0', 'linear']".
void read_remark(std::span<const std::byte> message, const std::string& file, OnnxNode& node) {
  std::string key, value;
  WireField field;
  for (WireReader reader(message, file); reader.next(field);) {
    if (field.number == 1) key = field.text();
    if (field.number == 2) value = field.text();
  }
  if (key != "pkg.torch.onnx.name_scopes") return;
  std::string before, last;
  for (std::size_t at = value.find('\''); at != std::string::npos; at = value.find('\'', at + 1)) {
    const std::size_t end = value.find('\'', at + 1);
    if (end == std::string::npos) break;
    before = std::move(last);
    last = value.substr(at + 1, end - at - 1);
    at = end;
  }
  node.module = before;
}

OnnxNode read_node(std::span<const std::byte> message, const std::string& file) {
  OnnxNode node;
  WireField field;
  for (WireReader reader(message, file); reader.next(field);) {
    if (field.number == 1) node.inputs.push_back(field.text());
    if (field.number == 2) node.outputs.push_back(field.text());
    if (field.number == 3) node.name = field.text();
    if (field.number == 4) node.op = field.text();
    if (field.number == 5) read_attribute(field.bytes, file, node);
    if (field.number == 9) read_remark(field.bytes, file, node);
  }
  return node;
}

}  // namespace

bool looks_like_onnx(const MappedFile& file) {
  if (file.size() < 8 || file.bytes().front() != std::byte{0x08}) return false;  // the version comes first
  try {
    const std::string name;
    WireField field;
    bool graph = false;
    for (WireReader reader(file.bytes(), name); reader.next(field);) {
      if (field.number > kModelLast) return false;
      graph = graph || (field.number == kModelGraph && field.has_bytes);
    }
    return graph;
  } catch (const Error&) {
    return false;
  }
}

OnnxGraph read_onnx_graph(const MappedFile& file) {
  const std::string name = file.path().string();
  OnnxGraph graph;
  WireField field;
  std::span<const std::byte> message;
  for (WireReader reader(file.bytes(), name); reader.next(field);) {
    if (field.number == kModelGraph) message = field.bytes;
  }
  for (WireReader reader(message, name); reader.next(field);) {
    if (field.number == kGraphNode) graph.nodes.push_back(read_node(field.bytes, name));
    if (field.number == kGraphInitializer) graph.tensors.push_back(read_tensor(field.bytes, name));
    if (field.number == kGraphSparse) throw Error(name + " holds sparse tensors, which are not supported.");
    if (graph.nodes.size() > kMostNodes || graph.tensors.size() > kMostTensors)
      throw Error(name + " has more nodes or tensors than any Vision Transformer: it is damaged.");
  }
  return graph;
}

}  // namespace vit
