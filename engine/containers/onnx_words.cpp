#include "engine/containers/onnx_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <utility>
#include <vector>

namespace vit {
namespace {

using Tensors = std::map<std::string, const OnnxTensor*>;

std::vector<std::int64_t> whole_numbers(const OnnxTensor& tensor) {
  if (!tensor.integers.empty() || tensor.type != DType::i64) return tensor.integers;
  std::vector<std::int64_t> values(std::min<std::size_t>(tensor.bytes.size() / 8, 16));
  if (!values.empty()) std::memcpy(values.data(), tensor.bytes.data(), values.size() * 8);
  return values;
}

/// A number alone, of F32.
std::optional<float> scalar(const Tensors& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  if (found == tensors.end() || found->second->type != DType::f32 || found->second->bytes.size() != 4)
    return std::nullopt;
  float value = 0;
  std::memcpy(&value, found->second->bytes.data(), 4);
  return value;
}

class Words {
 public:
  Words(const OnnxGraph& graph, const Tensors& tensors) : graph_(graph), tensors_(tensors) {
    for (const OnnxNode& node : graph.nodes) {
      for (const std::string& output : node.outputs) made_by_.emplace(output, &node);
    }
  }

  std::map<std::string, std::string> all() {
    std::set<std::string> eps, activations, heads;
    const std::set<std::int64_t> widths = norm_widths();
    for (const OnnxNode& node : graph_.nodes) {
      // ONNX Runtime's optimiser joins a norm with the sum before it.
      if (const bool joined = node.op == "SkipLayerNormalization"; joined || node.op == "LayerNormalization") {
        const auto found = node.reals.find("epsilon");
        const float usual = joined ? 1e-12f : 1e-5f;
        eps.insert(fmt::format("{:g}", found == node.reals.end() ? usual : found->second));
      } else if (node.op == "Sqrt" && node.inputs.size() == 1) {
        if (const auto value = added_before(node.inputs[0])) eps.insert(fmt::format("{:g}", *value));
      }
      if (const char* name = activation_of(node); *name != '\0') activations.insert(name);
      if (const auto count = heads_of(node, widths); count > 0) heads.insert(std::to_string(count));
      if (const auto found = node.numbers.find("num_heads"); found != node.numbers.end() && node.op == "Attention")
        heads.insert(std::to_string(found->second));
    }
    std::map<std::string, std::string> words;
    if (eps.size() == 1) words["eps"] = *eps.begin();
    if (activations.size() == 1) words["activation"] = *activations.begin();
    if (heads.size() == 1) words["heads"] = *heads.begin();
    return words;
  }

 private:
  const OnnxNode* maker(const std::string& output) const {
    const auto found = made_by_.find(output);
    return found == made_by_.end() ? nullptr : found->second;
  }

  /// A norm that is written out adds its epsilon before the root.
  std::optional<float> added_before(const std::string& output) const {
    const OnnxNode* add = maker(output);
    if (add == nullptr || add->op != "Add" || add->inputs.size() != 2) return std::nullopt;
    for (const std::string& input : add->inputs) {
      const auto value = scalar(tensors_, input);
      if (value && *value > 0 && *value < 1e-2f) return value;
    }
    return std::nullopt;
  }

  const char* activation_of(const OnnxNode& node) const {
    if (node.op == "Erf" || node.op == "BiasGelu") return "gelu";
    if (node.op == "FastGelu") return "gelu_tanh";  // ONNX Runtime's, in place of the exact one
    if (node.op == "QuickGelu") {
      const auto found = node.reals.find("alpha");
      const float alpha = found == node.reals.end() ? 1.702f : found->second;
      return std::abs(alpha - 1.702f) < 1e-3f ? "quick_gelu" : alpha == 1.f ? "silu" : "";
    }
    if (node.op == "Relu") return "relu";
    if (node.op == "Gelu") {
      const auto found = node.texts.find("approximate");
      return found != node.texts.end() && found->second == "tanh" ? "gelu_tanh" : "gelu";
    }
    if (node.op == "Tanh" && is_cubic(node)) return "gelu_tanh";
    if (node.op != "Sigmoid" || node.inputs.size() != 1) return "";
    const OnnxNode* scaled = maker(node.inputs[0]);
    if (scaled == nullptr || scaled->op != "Mul") return "silu";
    for (const std::string& input : scaled->inputs) {
      const auto value = scalar(tensors_, input);
      if (value && std::abs(*value - 1.702f) < 1e-3f) return "quick_gelu";
    }
    return "silu";
  }

  /// GELU's tanh stands behind a factor of √(2/π); a pooler's does not.
  bool is_cubic(const OnnxNode& node) const {
    const OnnxNode* scaled = node.inputs.size() == 1 ? maker(node.inputs[0]) : nullptr;
    if (scaled == nullptr || scaled->op != "Mul") return false;
    return std::any_of(scaled->inputs.begin(), scaled->inputs.end(), [&](const std::string& input) {
      const auto value = scalar(tensors_, input);
      return value && std::abs(*value - 0.79788456f) < 1e-3f;
    });
  }

  std::set<std::int64_t> norm_widths() const {
    std::set<std::int64_t> widths;
    for (const auto& [name, tensor] : tensors_) {
      if (name.find("norm") != std::string::npos && tensor->shape.size() == 1) widths.insert(tensor->shape[0]);
    }
    return widths;
  }

  /// Where tokens are cut into heads, the last two sizes are heads and channels of a head.
  std::int64_t heads_of(const OnnxNode& node, const std::set<std::int64_t>& widths) const {
    if (node.op != "Reshape" || node.inputs.size() != 2) return 0;
    std::vector<std::int64_t> sizes;
    if (const auto found = tensors_.find(node.inputs[1]); found != tensors_.end()) {
      sizes = whole_numbers(*found->second);
    } else if (const OnnxNode* joined = maker(node.inputs[1]); joined != nullptr && joined->op == "Concat") {
      for (const std::string& input : joined->inputs) {
        const auto part = tensors_.find(input);
        const std::vector<std::int64_t> numbers =
            part == tensors_.end() ? std::vector<std::int64_t>() : whole_numbers(*part->second);
        sizes.push_back(numbers.size() == 1 ? numbers[0] : -1);
      }
    }
    if (sizes.size() < 4 || sizes.size() > 5) return 0;
    std::int64_t heads = sizes[sizes.size() - 2];
    const std::int64_t width = sizes.back();
    // Left to be worked out, as Hugging Face's newer blocks do: so many as fill the only width that there is.
    if (heads == -1 && width > 0 && widths.size() == 1 && *widths.begin() > width && *widths.begin() % width == 0)
      heads = *widths.begin() / width;
    if (heads <= 0 || width <= 0 || heads > 1 << 16 || width > 1 << 16) return 0;
    return widths.count(heads * width) != 0 ? heads : 0;
  }

  const OnnxGraph& graph_;
  const Tensors& tensors_;
  std::map<std::string, const OnnxNode*> made_by_;
};

}  // namespace

std::map<std::string, std::string> words_of(const OnnxGraph& graph, const Tensors& tensors) {
  return Words(graph, tensors).all();
}

}  // namespace vit
