#include "engine/checkpoint/stored_weights.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/json.h"
#include "engine/containers/tensor_file_derived.h"

namespace vit {
namespace {

using Shape = std::vector<std::int64_t>;

/// Names of one file's tensors as they are before anything changes.
std::vector<std::string> names_of(const TensorFile& file) {
  std::vector<std::string> names;
  for (const auto& [name, entry] : file.entries()) names.push_back(name);
  return names;
}

std::string before(const std::string& name, std::string_view ending) {
  return name.substr(0, name.size() - ending.size());
}

bool has(const TensorFile& file, const std::string& name) {
  return file.entries().count(name) != 0;
}

// ---- Codes ----------------------------------------------------------------------------------------------------------

struct Scheme {
  const char* part;  // of a tensor's name
  const char* what;
};
/// Quantised weights that are more than a code times a scale.
constexpr Scheme kSchemes[] = {
    {"_packed_params", "quantised by PyTorch (8-bit weights whose inputs are rounded to 8 bits, too)"},
    {".SCB", "quantised by bitsandbytes (8-bit codes, \"SCB\" their scales)"},
    {".absmax", "quantised by bitsandbytes (4-bit codes)"},
    {".quant_state", "quantised by bitsandbytes (4-bit codes)"},
    {".qweight", "quantised by GPTQ or AWQ (packed 4-bit codes)"},
    {".g_idx", "quantised by GPTQ (packed codes)"},
    {".weight_packed", "quantised by compressed-tensors (packed codes)"},
    {".input_scale", "quantised together with its inputs, which are rounded, too"},
    {"activation_post_process", "prepared for quantisation by PyTorch (observers among its layers)"},
};

void refuse_schemes(const TensorFile& file) {
  for (const auto& [name, entry] : file.entries()) {
    for (const Scheme& scheme : kSchemes) {
      if (name.find(scheme.part) == std::string::npos) continue;
      throw Error(file.path().string() + " is " + scheme.what + " (tensor \"" + name +
                  "\"), which is not supported: save the network in F32, F16 or BF16.");
    }
  }
}

/// Scales broadcast to the weight's shape: one for all, or one a row.
std::vector<float> scaled(const TensorFile& file, const std::string& codes, const std::string& scale) {
  std::vector<float> values = file.read_all(codes);
  const std::vector<float> scales = file.read_all(scale);
  if (scales.empty()) throw Error("Tensor \"" + scale + "\" of " + file.path().string() + " is empty.");
  const std::size_t each = values.size() / scales.size();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] *= scales[i / each];
  return values;
}

/// Weights that are codes times a scale: NAME with NAME_scale (or scale beside), quanto's NAME._data with NAME._scale.
int dequantise(DerivedTensorFile& view, const std::shared_ptr<const TensorFile>& file) {
  int count = 0;
  for (const std::string& name : names_of(*file)) {
    const TensorEntry& entry = file->entries().at(name);
    const bool quanto = name.ends_with("._data");
    const bool codes = entry.type == DType::i8 || entry.type == DType::f8_e4m3 || entry.type == DType::f8_e5m2;
    if (!codes || (!quanto && !name.ends_with("weight"))) continue;
    const std::string weight = quanto ? before(name, "._data") : name;
    std::optional<std::string> scale;
    for (const std::string& candidate : {weight + "._scale", weight + "_scale", weight + ".scale"}) {
      if (!scale && has(*file, candidate)) scale = candidate;
    }
    if (!scale) continue;
    const Shape& sizes = file->entries().at(*scale).shape;
    const std::int64_t scales = file->entries().at(*scale).elements();
    const bool by_row = !entry.shape.empty() && scales == entry.shape[0] && (sizes.size() == 1 || sizes[0] == scales);
    if (entry.elements() == 0 || !(scales == 1 || by_row)) {
      throw Error("Tensor \"" + *scale + "\" of " + file->path().string() +
                  " is neither one scale for all codes nor one for each row, which is not supported: save the network "
                  "in F32, F16 or BF16.");
    }
    view.compute(weight, entry.shape, [file, name, scale = *scale] { return scaled(*file, name, scale); });
    if (quanto) view.drop(name);
    view.drop(*scale);
    ++count;
    for (const char* activations : {".input_scale", ".output_scale"}) {
      const std::string beside = before(weight, ".weight") + activations;
      if (!has(*file, beside)) continue;
      const std::vector<float> factor = file->read_all(beside);
      if (std::any_of(factor.begin(), factor.end(), [](float f) { return f != 1.f; })) {
        throw Error(file->path().string() + " rounds its activations, too (tensor \"" + beside +
                    "\"), which is not supported: save the network in F32, F16 or BF16.");
      }
      view.drop(beside);
    }
  }
  return count;
}

// ---- Adapters -------------------------------------------------------------------------------------------------------

/// The adapters' r and alpha, from PEFT's adapter_config.json.
struct LowRank {
  std::optional<double> alpha, rank;
  bool root = false;        // alpha / √r (rsLoRA)
  bool transposed = false;  // the weight lies (inputs, outputs)
};

LowRank read_low_rank(const std::filesystem::path& folder) {
  LowRank result;
  const std::filesystem::path config = folder / "adapter_config.json";
  std::error_code error;
  if (!std::filesystem::is_regular_file(config, error)) return result;
  const Json json = read_json(config);
  const auto number = [&](const char* key) -> std::optional<double> {
    const Json* found = json.find(key);
    return found != nullptr && found->is(Json::Kind::number) ? std::optional(found->number) : std::nullopt;
  };
  result.alpha = number("lora_alpha");
  result.rank = number("r");
  const Json* root = json.find("use_rslora");
  result.root = root != nullptr && root->is(Json::Kind::boolean) && root->number != 0;
  const Json* transposed = json.find("fan_in_fan_out");
  result.transposed = transposed != nullptr && transposed->is(Json::Kind::boolean) && transposed->number != 0;
  for (const char* other : {"use_dora", "alpha_pattern", "rank_pattern"}) {
    const Json* found = json.find(other);
    if (found == nullptr) continue;
    if (found->is(Json::Kind::boolean) && found->number == 0) continue;
    if (found->fields.empty() && !found->is(Json::Kind::boolean)) continue;
    throw Error(config.string() + " says \"" + other +
                "\", which is not supported: merge the adapter (merge_and_unload) and save the network.");
  }
  return result;
}

struct Adapter {
  std::string layer;  // "blocks.0.attn.qkv"
  std::string a, b;   // names of its two tensors
};

/// What stands between "lora_A" and "weight": PEFT's "default", or nothing.
std::string adapter_name(std::string_view rest) {
  if (rest.ends_with(".weight")) rest.remove_suffix(7);
  return std::string(rest.starts_with('.') ? rest.substr(1) : rest);
}

[[noreturn]] void refuse_several(const TensorFile& file, const std::string& layer, const std::string& one,
                                 const std::string& other) {
  throw Error(
      file.path().string() + " holds several adapters of the layer \"" + layer + "\", \"" + one + "\" and \"" + other +
      "\", and no file says which of them is active: merge the wanted one (merge_and_unload) and save the network.");
}

std::vector<Adapter> adapters_of(const TensorFile& file) {
  std::vector<Adapter> adapters;
  std::map<std::string, std::string> named;  // layers to what their adapter is called
  for (const auto& [name, entry] : file.entries()) {
    const std::size_t at = name.find(".lora_A");
    if (at == std::string::npos) continue;
    std::string other = name;
    other.replace(at, 7, ".lora_B");
    if (!has(file, other)) {
      throw Error(file.path().string() + " has \"" + name + "\" without \"" + other + "\": the adapter is incomplete.");
    }
    const std::string layer = name.substr(0, at), called = adapter_name(std::string_view(name).substr(at + 7));
    const auto [seen, first] = named.emplace(layer, called);
    if (!first) refuse_several(file, layer, seen->second, called);
    adapters.push_back({layer, name, other});
  }
  return adapters;
}

[[noreturn]] void refuse_adapter(const TensorFile& file, const Adapter& adapter, const std::string& why) {
  throw Error(file.path().string() + " holds an adapter that was not merged (tensor \"" + adapter.a + "\"), " + why +
              ": merge it (merge_and_unload, or a module's eval mode) and save the network.");
}

/// W + alpha/r · B·A. (outputs, inputs)
std::vector<float> merged(const TensorFile& file, const std::string& weight, const Adapter& adapter, double factor) {
  std::vector<float> w = file.read_all(weight);
  const std::vector<float> a = file.read_all(adapter.a), b = file.read_all(adapter.b);
  const auto rank = static_cast<std::size_t>(file.entries().at(adapter.a).shape[0]);
  const auto inputs = static_cast<std::size_t>(file.entries().at(adapter.a).shape[1]);
  const auto outputs = static_cast<std::size_t>(file.entries().at(adapter.b).shape[0]);
  for (std::size_t o = 0; o < outputs; ++o) {
    for (std::size_t i = 0; i < inputs; ++i) {
      double sum = 0;
      for (std::size_t r = 0; r < rank; ++r) sum += static_cast<double>(b[o * rank + r]) * a[r * inputs + i];
      w[o * inputs + i] = static_cast<float>(w[o * inputs + i] + factor * sum);
    }
  }
  return w;
}

int merge_adapters(DerivedTensorFile& view, const std::shared_ptr<const TensorFile>& file) {
  const std::vector<Adapter> adapters = adapters_of(*file);
  if (adapters.empty()) return 0;
  const LowRank rule = read_low_rank(file->path().parent_path());
  for (const Adapter& adapter : adapters) {
    const std::string base = adapter.layer + ".base_layer.weight";
    const std::string weight = has(*file, base) ? base : adapter.layer + ".weight";
    if (!has(*file, weight)) refuse_adapter(*file, adapter, "and not the weights that it changes");
    if (!is_float(file->entries().at(weight).type)) refuse_adapter(*file, adapter, "on weights that are codes");
    const Shape& a = file->entries().at(adapter.a).shape;
    const Shape& b = file->entries().at(adapter.b).shape;
    const Shape& w = file->entries().at(weight).shape;
    if (a.size() != 2 || b.size() != 2 || w.size() != 2 || a[0] != b[1] || w[0] != b[0] || w[1] != a[1] ||
        rule.transposed) {
      refuse_adapter(*file, adapter, "whose sizes are not those of its layer");
    }
    const std::string scale = adapter.layer + ".scaling";
    std::optional<double> factor;
    if (has(*file, scale) && file->entries().at(scale).elements() == 1) factor = file->read_all(scale)[0];
    if (!factor && rule.alpha && rule.rank && *rule.rank > 0) {
      factor = *rule.alpha / (rule.root ? std::sqrt(*rule.rank) : *rule.rank);
    }
    if (!factor) refuse_adapter(*file, adapter, "and no file says its lora_alpha, by which it is multiplied");
    view.compute(weight, w,
                 [file, weight, adapter, factor = *factor] { return merged(*file, weight, adapter, factor); });
    view.drop(adapter.a);
    view.drop(adapter.b);
    view.drop(scale);
  }
  return static_cast<int>(adapters.size());
}

/// PEFT's wrappers: "base_layer." inside of adapted layers, "modules_to_save.NAME." for layers that were trained whole,
/// whose old weights lie under "original_module.".
void unwrap_peft(DerivedTensorFile& view) {
  std::map<std::string, std::string> saved;  // layers that were trained whole, to the adapter that they belong to
  for (const std::string& name : names_of(view)) {
    if (name.find(".original_module.") != std::string::npos) {
      view.drop(name);
      continue;
    }
    std::string plain = name;
    if (const std::size_t at = plain.find(".base_layer."); at != std::string::npos) plain.erase(at, 11);
    if (const std::size_t at = plain.find(".modules_to_save."); at != std::string::npos) {
      const std::size_t end = plain.find('.', at + 17);
      if (end != std::string::npos) {
        const std::string called = plain.substr(at + 17, end - at - 17);
        plain.erase(at, end - at);
        const auto [seen, first] = saved.emplace(plain, called);
        if (!first) refuse_several(view, plain, seen->second, called);
      }
    }
    if (plain != name) view.rename(name, plain);
  }
}

/// torch.compile, activation checkpointing and FSDP wrap single blocks, too, and put their name into those of the
/// tensors. Where the name without it is taken, both stay.
void unwrap_modules(DerivedTensorFile& view) {
  for (const std::string& name : names_of(view)) {
    std::string plain = name;
    for (const std::string_view wrapper : {"._orig_mod.", "._checkpoint_wrapped_module.", "._fsdp_wrapped_module."}) {
      for (std::size_t at = plain.find(wrapper); at != std::string::npos; at = plain.find(wrapper))
        plain.erase(at, wrapper.size() - 1);
    }
    if (plain != name && !has(view, plain)) view.rename(name, plain);
  }
}

// ---- Chunks ---------------------------------------------------------------------------------------------------------

/// DINOv2 may train with its blocks in chunks: "blocks.CHUNK.BLOCK.", where BLOCK counts through all of them.
int join_chunks(DerivedTensorFile& view) {
  int count = 0;
  for (const std::string& name : names_of(view)) {
    const std::size_t at = name.starts_with("blocks.") ? 0 : name.find(".blocks.") + 1;
    if (at == 0 && !name.starts_with("blocks.")) continue;
    const std::size_t first = at + 7;
    std::size_t end = first;
    while (end < name.size() && std::isdigit(static_cast<unsigned char>(name[end])) != 0) ++end;
    if (end == first || end + 1 >= name.size() || name[end] != '.') continue;
    std::size_t second = end + 1;
    while (second < name.size() && std::isdigit(static_cast<unsigned char>(name[second])) != 0) ++second;
    if (second == end + 1 || second >= name.size() || name[second] != '.') continue;
    view.rename(name, name.substr(0, first) + name.substr(end + 1));
    ++count;
  }
  return count;
}

}  // namespace

PlainWeights plain_weights(const std::shared_ptr<const TensorFile>& file) {
  refuse_schemes(*file);
  PlainWeights result;
  const auto note = [&](int count, const std::string& what) {
    if (count > 0) result.notes.push_back(std::to_string(count) + " " + what);
  };
  auto view = std::make_shared<DerivedTensorFile>(file);
  note(dequantise(*view, file), "weights are 8-bit codes, here times their scales");
  note(merge_adapters(*view, file), "weights with a low-rank adapter (LoRA), here merged");
  unwrap_peft(*view);
  unwrap_modules(*view);
  if (join_chunks(*view) > 0) result.notes.push_back("the blocks lie in chunks, here joined");
  result.file = std::move(view);
  return result;
}

}  // namespace vit
