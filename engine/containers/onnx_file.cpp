#include "engine/containers/onnx_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/error.h"
#include "engine/containers/onnx_graph.h"
#include "engine/containers/onnx_words.h"
#include "engine/containers/tensor_file_stored.h"

namespace vit {
namespace {

/// Nodes that stand for weights in another form than numbers.
void refuse_codes(const OnnxGraph& graph, const std::string& path) {
  for (const OnnxNode& node : graph.nodes) {
    if (node.op.find("uantize") == std::string::npos && node.op.find("Integer") == std::string::npos &&
        !node.op.starts_with("QLinear") && !node.op.starts_with("MatMulNBits"))
      continue;
    throw Error(path + " is a quantised ONNX graph (it has a node \"" + node.op +
                "\"), which is not supported: use the export in F32 or F16.");
  }
}

/// Whether an exporter made the name up: "onnx::MatMul_812", "/encoder/Constant_output_0", "val_12".
bool is_made_up(std::string_view name) {
  return name.empty() || name.starts_with("onnx::") || name.front() == '/' || name.starts_with("val_") ||
         name.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The module that a node's name tells: "/vit/encoder/layer.0/attention/query/MatMul" is "vit.encoder.layer.0.…query".
/// A list's name comes before that of its part: "/blocks/blocks.0/…".
std::string module_of(std::string_view node) {
  std::vector<std::string> parts;
  while (!node.empty() && node.front() == '/') {
    node.remove_prefix(1);
    const std::size_t end = std::min(node.find('/'), node.size());
    std::string part(node.substr(0, end));
    node.remove_prefix(end);
    if (!parts.empty() && part.starts_with(parts.back() + ".")) parts.pop_back();
    parts.push_back(std::move(part));
  }
  if (parts.empty()) return "";
  parts.pop_back();  // the operator
  return fmt::format("{}", fmt::join(parts, "."));
}

/// What query, key and value are called beside the product behind the attention.
struct AttentionNames {
  std::string_view behind;
  std::array<std::string_view, 3> parts;
};
constexpr std::array<AttentionNames, 2> kAttentionNames = {{
    {"self_attn.out_proj", {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"}},
    {"attention.output.dense", {"attention.attention.query", "attention.attention.key", "attention.attention.value"}},
}};

class OnnxNames {
 public:
  OnnxNames(OnnxGraph graph, const std::shared_ptr<const MappedFile>& file)
      : graph_(std::move(graph)), file_(file), path_(file->path().string()) {
    whole_ = mapped_source(file, 0, file->size());
  }

  std::shared_ptr<const TensorFile> named() {
    refuse_codes(graph_, path_);
    auto result = std::make_shared<StoredTensorFile>(file_->path(), "ONNX");
    for (const OnnxTensor& tensor : graph_.tensors) tensors_.emplace(tensor.name, &tensor);
    for (const OnnxNode& node : graph_.nodes) {
      if (node.op == "Constant" && node.value && node.outputs.size() == 1)
        tensors_.emplace(node.outputs[0], &*node.value);
    }
    for (const OnnxNode& node : graph_.nodes) follow(node);
    for (const OnnxNode& node : graph_.nodes) name_product(node);
    for (const OnnxNode& node : graph_.nodes) name_class_token(node);
    for (const OnnxTensor& tensor : graph_.tensors) name_folded_lookup(tensor);
    for (const OnnxNode& node : graph_.nodes) part_attention(node, *result);
    join_positions(*result);
    for (const OnnxTensor& tensor : graph_.tensors) {
      if (!is_made_up(tensor.name) && turned_.count(tensor.name) == 0 && joined_.count(tensor.name) == 0)
        add(*result, tensor.name, tensor, false);
    }
    for (const auto& [name, product] : products_) add(*result, name, *product.tensor, product.turned);
    for (const auto& [name, tensor] : aliases_) {
      if (!is_made_up(name) && !result->contains(name)) add(*result, name, *tensor, false);
    }
    result->set_metadata(words_of(graph_, tensors_));
    return result;
  }

 private:
  struct Product {
    const OnnxTensor* tensor;
    bool turned;  // it lies (inputs, outputs)
  };

  const OnnxTensor* tensor(const std::string& name) const {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : found->second;
  }

  /// Equal parameters are stored once, under the name of one; Transpose turns a weight on the way.
  void follow(const OnnxNode& node) {
    if (node.inputs.empty() || node.outputs.size() != 1) return;
    if (node.op == "Identity") {
      const auto alias = aliases_.find(node.inputs[0]);
      const OnnxTensor* from = alias != aliases_.end() ? alias->second : tensor(node.inputs[0]);
      if (from == nullptr) return;
      aliases_.emplace(node.outputs[0], from);
      tensors_.emplace(node.outputs[0], from);
    } else if (node.op == "Transpose") {
      if (const OnnxTensor* from = tensor(node.inputs[0]); from != nullptr && from->shape.size() == 2)
        transposed_.emplace(node.outputs[0], node.inputs[0]);
    } else if (node.op == "Add") {
      for (const std::size_t bias : {std::size_t{0}, std::size_t{1}}) {
        if (node.inputs.size() != 2 || tensor(node.inputs[bias]) == nullptr) continue;
        biases_.emplace(node.inputs[1 - bias], node.inputs[bias]);
        ++added_[node.inputs[bias]];
      }
    }
  }

  void name_product(const OnnxNode& node) {
    const bool gemm = node.op == "Gemm";
    if ((!gemm && node.op != "MatMul") || node.inputs.size() < 2 || node.outputs.size() != 1) return;
    const auto number = [&](const char* name) {
      const auto found = node.numbers.find(name);
      return found == node.numbers.end() ? 0 : found->second;
    };
    for (const char* factor : {"alpha", "beta"}) {
      const auto found = node.reals.find(factor);
      if (gemm && found != node.reals.end() && found->second != 1.f)
        throw Error(path_ + " has a product (\"" + node.name + "\") with a factor, which is not supported.");
    }
    std::string weight = node.inputs[1];
    bool turned = !gemm || number("transB") == 0;
    if (const auto found = transposed_.find(weight); found != transposed_.end()) {
      weight = found->second;
      turned = !turned;
    }
    const OnnxTensor* stored = tensor(weight);
    if (stored == nullptr || stored->shape.size() != 2) return;  // attention's own products
    std::string name = weight;
    if (is_made_up(weight)) {
      const std::string& bias = gemm && node.inputs.size() > 2 ? node.inputs[2] : bias_behind(node.outputs[0]);
      name = name_of_weight(bias, node);
    } else {
      if (!turned) return;
      turned_.insert(weight);
    }
    if (name.empty())
      throw Error(path_ + " has a product (\"" + node.name +
                  "\") whose weight has lost its name, and neither its bias "
                  "nor its node tells it: export the network anew with PyTorch's or Optimum's exporter.");
    if (!products_.emplace(name, Product{stored, turned}).second && products_.at(name).tensor != stored)
      throw Error(path_ + " has two products that would both be called \"" + name + "\".");
  }

  /// A class token that was folded with its copies for a batch of one stands before the patches without a name: it has
  /// that of the positions beside it.
  void name_class_token(const OnnxNode& node) {
    if (node.op != "Concat" || node.inputs.size() != 2 || !is_made_up_token(node.inputs[0])) return;
    const OnnxTensor* token = tensor(node.inputs[0]);
    if (token == nullptr || token->type != DType::f32 || token->shape.size() != 3 || token->shape[0] != 1) return;
    for (const auto& [positions, name] : {std::pair{"position_embeddings", "cls_token"}, {"pos_embed", "cls_token"}}) {
      for (const OnnxTensor& each : graph_.tensors) {
        if (!each.name.ends_with(positions)) continue;
        const std::string stem = each.name.substr(0, each.name.size() - std::string_view(positions).size());
        if (tensors_.count(stem + name) == 0) aliases_.emplace(stem + name, token);
        return;
      }
    }
  }

  /// ONNX Runtime's optimiser joins the products of query, key and value with the attention behind them: one weight
  /// (channels, 3 · channels) and one bias. They get the names that they had, which that of the product behind tells.
  void part_attention(const OnnxNode& node, StoredTensorFile& to) {
    if (node.op != "Attention" || node.inputs.size() < 3 || node.outputs.empty()) return;
    const OnnxTensor *weight = tensor(node.inputs[1]), *bias = tensor(node.inputs[2]);
    if (weight == nullptr || weight->shape.size() != 2) return;  // the standard's own, which has no weights
    const auto has = [&](std::size_t input) { return node.inputs.size() > input && !node.inputs[input].empty(); };
    const auto causal = node.numbers.find("unidirectional");
    const std::vector<std::string> names = attention_before(node.outputs[0]);
    const std::int64_t channels = weight->shape[1] / 3;
    const bool plain = bias != nullptr && bias->shape == std::vector<std::int64_t>{3 * channels} &&
                       weight->shape[1] == 3 * channels && weight->type == DType::f32 && bias->type == DType::f32 &&
                       !has(3) && !has(4) && !has(5) && node.lists.count("qkv_hidden_sizes") == 0 &&
                       node.reals.count("scale") == 0 && (causal == node.numbers.end() || causal->second == 0);
    if (names.empty() || !plain)
      throw Error(path_ + " has a node \"" + node.name +
                  "\" in which ONNX Runtime's optimiser joined attention with its products in a way that is not "
                  "supported: use the export without optimisation.");
    for (std::size_t part = 0; part < 3; ++part) {
      const std::uint64_t offset = 4 * part * static_cast<std::uint64_t>(channels);
      to.add(names[part] + ".weight", {DType::f32, {channels, weight->shape[0]}, {1, 3 * channels}},
             piece_of(*weight, offset));
      to.add(names[part] + ".bias", {DType::f32, {channels}, {}}, piece_of(*bias, offset));
    }
    joined_.insert({weight->name, bias->name});
  }

  /// The names of query, key and value where this is what attention gives; empty where they cannot be told.
  std::vector<std::string> attention_before(const std::string& output) const {
    for (const OnnxNode& node : graph_.nodes) {
      if (node.inputs.empty() || node.inputs[0] != output || node.outputs.empty()) continue;
      if (node.op != "MatMul" && node.op != "Gemm") continue;
      const std::string& bias =
          node.op == "Gemm" && node.inputs.size() > 2 ? node.inputs[2] : bias_behind(node.outputs[0]);
      std::string behind = is_made_up(node.inputs.at(1)) ? name_of_weight(bias, node) : node.inputs[1];
      if (!behind.ends_with(".weight")) return {};
      behind.resize(behind.size() - std::string_view(".weight").size());
      for (const AttentionNames& known : kAttentionNames) {
        if (!behind.ends_with(known.behind)) continue;
        const std::string stem = behind.substr(0, behind.size() - known.behind.size());
        std::vector<std::string> names;
        for (const std::string_view part : known.parts) names.push_back(stem + std::string(part));
        return names;
      }
      return {};
    }
    return {};
  }

  /// Where its numbers begin, and so many bytes behind.
  StoredTensorFile::Piece piece_of(const OnnxTensor& tensor, std::uint64_t bytes) {
    if (!tensor.location.empty()) return {beside(tensor.location), tensor.offset + bytes};
    const auto begin = static_cast<std::uint64_t>(tensor.bytes.data() - file_->bytes().data());
    if (tensor.bytes.empty() || !checked_elements(tensor.shape, *tensor.type) ||
        tensor.bytes.size() != 4 * static_cast<std::uint64_t>(*checked_elements(tensor.shape, *tensor.type)))
      throw Error("Tensor \"" + tensor.name + "\" of " + path_ +
                  " has other bytes than its shape needs: the file is damaged, or keeps its numbers one by one.");
    return {whole_, begin + bytes};
  }

  /// Rows of a table that were looked up beforehand are called after the node that did it,
  /// "/…/position_embedding/Gather": they are the module's weight, as far as it is used.
  void name_folded_lookup(const OnnxTensor& tensor) {
    constexpr std::string_view kEnd = "/Gather_output_0";
    if (!tensor.name.ends_with(kEnd) || tensor.type != DType::f32 || tensor.shape.size() != 3 || tensor.shape[0] != 1)
      return;
    const std::string name = module_of(tensor.name) + ".weight";
    if (name != ".weight" && tensors_.count(name) == 0) aliases_.emplace(name, &tensor);
  }

  /// Positions that are resampled on the way were cut in two: the class token's and a grid's, which may lie as
  /// (1, rows, channels) or, turned beforehand, as (1, channels, grid rows, grid columns).
  void join_positions(StoredTensorFile& to) {
    std::string stem;
    for (const OnnxTensor& each : graph_.tensors) {
      if (each.name.ends_with("pos_embed") || each.name.ends_with("position_embeddings")) return;
      if (each.name.ends_with("cls_token")) stem = each.name.substr(0, each.name.size() - 9);
    }
    const OnnxTensor *token = nullptr, *grid = nullptr;
    int tokens = 0, grids = 0;
    const auto is_plain = [](const OnnxTensor* t, std::size_t axes) {
      return t != nullptr && t->type == DType::f32 && t->shape.size() == axes && t->shape[0] == 1 &&
             t->location.empty() && checked_elements(t->shape, *t->type) &&
             t->bytes.size() == 4 * static_cast<std::size_t>(*checked_elements(t->shape, *t->type));
    };
    for (const OnnxNode& node : graph_.nodes) {
      if (node.inputs.empty() || !is_made_up(node.inputs[0])) continue;
      const OnnxTensor* first = tensor(node.inputs[0]);
      if (node.op == "Resize" && is_plain(first, 4)) grid = first, ++grids;
      if (!is_plain(first, 3)) continue;
      if (node.op == "Concat" && first->shape[1] == 1) token = first, ++tokens;
      if (node.op == "Reshape" && first->shape[1] > 1) grid = first, ++grids;
    }
    if (tokens != 1 || grids != 1) return;
    const bool turned = grid->shape.size() == 4;
    const std::int64_t channels = grid->shape[turned ? 1 : 2];
    const std::int64_t rows = turned ? grid->shape[2] * grid->shape[3] : grid->shape[1];
    if (token->shape[2] != channels) return;
    std::vector<std::byte> bytes(token->bytes.begin(), token->bytes.end());
    if (turned)
      append_turned(*grid, static_cast<std::size_t>(rows), static_cast<std::size_t>(channels), bytes);
    else
      bytes.insert(bytes.end(), grid->bytes.begin(), grid->bytes.end());
    to.add(stem + (stem.ends_with("embeddings.") ? "position_embeddings" : "pos_embed"),
           {DType::f32, {1, rows + 1, channels}, {}}, {memory_source(std::move(bytes)), 0});
  }

  /// (channels, rows) of F32 as (rows, channels).
  static void append_turned(const OnnxTensor& from, std::size_t rows, std::size_t channels,
                            std::vector<std::byte>& to) {
    constexpr std::size_t kBytes = 4;
    to.reserve(to.size() + from.bytes.size());
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t c = 0; c < channels; ++c) {
        const auto number = from.bytes.begin() + static_cast<std::ptrdiff_t>((c * rows + row) * kBytes);
        to.insert(to.end(), number, number + kBytes);
      }
  }

  /// "expand", or what else the exporter calls it, and no parameter's name.
  static bool is_made_up_token(const std::string& name) {
    return is_made_up(name) || name.find('.') == std::string::npos;
  }

  std::string bias_behind(const std::string& output) const {
    const auto found = biases_.find(output);
    return found == biases_.end() ? "" : found->second;
  }

  /// After the bias that is added to the product, unless several share it; else after the node.
  std::string name_of_weight(const std::string& bias, const OnnxNode& node) const {
    const auto times = added_.find(bias);
    const bool shared = times != added_.end() && times->second > 1;
    if (bias.ends_with("bias") && !is_made_up(bias) && !shared) return bias.substr(0, bias.size() - 4) + "weight";
    const std::string module = node.module.empty() ? module_of(node.name) : node.module;
    return module.empty() ? "" : module + ".weight";
  }

  void add(StoredTensorFile& to, const std::string& name, const OnnxTensor& tensor, bool turned) {
    if (!tensor.type) return;
    TensorEntry entry{*tensor.type, tensor.shape, {}};
    if (turned) {
      entry.stride = {1, tensor.shape[1]};
      std::swap(entry.shape[0], entry.shape[1]);
    }
    if (!tensor.location.empty()) return to.add(name, std::move(entry), {beside(tensor.location), tensor.offset});
    if (tensor.bytes.empty() && entry.elements() != 0) {
      if (!is_float(*tensor.type)) return;  // whole numbers one by one: shapes and indices
      throw Error("Tensor \"" + name + "\" of " + path_ +
                  " has no bytes or keeps its numbers one by one, which is not supported: export the network anew.");
    }
    const auto offset = static_cast<std::uint64_t>(tensor.bytes.data() - file_->bytes().data());
    if (!checked_elements(entry.shape, entry.type) ||
        tensor.bytes.size() < static_cast<std::uint64_t>(entry.elements()) * size_of(entry.type))
      throw Error("Tensor \"" + name + "\" of " + path_ +
                  " has fewer bytes than its shape needs: the file is damaged.");
    to.add(name, std::move(entry), {whole_, tensor.bytes.empty() ? 0 : offset});
  }

  /// Large networks keep their weights in a file beside, which must lie in the same folder.
  std::shared_ptr<const ByteSource> beside(const std::string& name) {
    const auto found = beside_.find(name);
    if (found != beside_.end()) return found->second;
    if (name.find('/') != std::string::npos || name.find('\\') != std::string::npos || name == ".." || name == ".")
      throw Error(path_ + " keeps its weights in \"" + name.substr(0, 80) +
                  "\", which is no file of its own folder: that is refused.");
    auto file = std::make_shared<const MappedFile>(file_->path().parent_path() / name);
    const std::uint64_t size = file->size();
    return beside_.emplace(name, mapped_source(std::move(file), 0, size)).first->second;
  }

  OnnxGraph graph_;
  std::shared_ptr<const MappedFile> file_;
  std::string path_;
  std::shared_ptr<const ByteSource> whole_;
  std::map<std::string, std::shared_ptr<const ByteSource>> beside_;
  std::map<std::string, const OnnxTensor*> tensors_, aliases_;
  std::map<std::string, std::string> transposed_, biases_;  // a node's output to what went in
  std::map<std::string, int> added_;                        // how often a constant is added to something
  std::map<std::string, Product> products_;
  std::set<std::string> turned_;  // named tensors that lie (inputs, outputs)
  std::set<std::string> joined_;  // weights and biases of query, key and value in one
};

}  // namespace

std::shared_ptr<const TensorFile> open_onnx(const std::shared_ptr<const MappedFile>& file) {
  return OnnxNames(read_onnx_graph(*file), file).named();
}

}  // namespace vit
