// One random network's tensors under the names that other libraries give them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/error.h"
#include "engine/checkpoint/load_model.h"
#include "engine/checkpoint/random_model.h"
#include "engine/containers/tensor_file.h"
#include "engine/network/model.h"
#include "tests/unit/temp_folder.h"

namespace vit {

using Tensors = std::vector<NamedTensor>;

inline NamedTensor tensor(const std::string& name, std::vector<std::int64_t> shape, std::vector<float> values) {
  return {name, std::move(shape), [values = std::move(values)](std::int64_t first, std::span<float> out) {
            std::copy_n(values.begin() + first, out.size(), out.begin());
          }};
}

/// Under timm's names.
inline Tensors plain(const std::string& source = "random:C=12,L=2,h=3,P=4,S=12,K=5,seed=7") {
  const auto file = random_tensor_file(parse_random_spec(source));
  Tensors tensors;
  for (const auto& [name, entry] : file->entries()) tensors.push_back(tensor(name, entry.shape, file->read_all(name)));
  return tensors;
}

inline NamedTensor& named(Tensors& tensors, const std::string& name) {
  return *std::find_if(tensors.begin(), tensors.end(), [&](const NamedTensor& t) { return t.name == name; });
}

/// What begins with one now begins with the other.
inline void rename(Tensors& tensors, const std::string& from, const std::string& to) {
  for (NamedTensor& t : tensors)
    if (t.name.starts_with(from)) t.name.replace(0, from.size(), to);
}

/// Each pair's first, wherever it stands in a name, becomes its second.
inline void respell(Tensors& tensors, const std::vector<std::pair<std::string, std::string>>& words) {
  for (NamedTensor& t : tensors) {
    for (const auto& [from, to] : words) {
      if (const std::size_t at = t.name.find(from); at != std::string::npos) t.name.replace(at, from.size(), to);
    }
  }
}

/// Rows [first, first + rows) of a tensor of as many numbers a row as there are.
inline NamedTensor part_of(const NamedTensor& whole, const std::string& name, std::int64_t first, std::int64_t rows) {
  NamedTensor part{name, whole.shape, {}};
  std::int64_t each = 1;
  for (std::size_t i = 1; i < whole.shape.size(); ++i) each *= whole.shape[i];
  part.shape[0] = rows;
  part.read = [read = whole.read, at = first * each](std::int64_t begin, std::span<float> out) {
    read(at + begin, out);
  };
  return part;
}

/// "…attn.qkv.weight" becomes three, called after `names`.
inline void split_qkv(Tensors& tensors, const std::vector<std::string>& names) {
  Tensors split;
  for (const NamedTensor& t : tensors) {
    const std::size_t at = t.name.find("attn.qkv.");
    if (at == std::string::npos) {
      split.push_back(t);
      continue;
    }
    const std::int64_t rows = t.shape[0] / 3;
    for (std::int64_t i = 0; i < 3; ++i)
      split.push_back(part_of(t, t.name.substr(0, at) + names[static_cast<std::size_t>(i)] + t.name.substr(at + 8),
                              i * rows, rows));
  }
  tensors = std::move(split);
}

/// MMPretrain's; the head stands beside the backbone.
inline Tensors open_mmlab(const std::string& prefix) {
  Tensors tensors = plain();
  respell(tensors, {{"patch_embed.proj.", "patch_embed.projection."},
                    {"blocks.", "layers."},
                    {".norm1.", ".ln1."},
                    {".norm2.", ".ln2."},
                    {"mlp.fc1.", "ffn.layers.0.0."},
                    {"mlp.fc2.", "ffn.layers.1."}});
  rename(tensors, "norm.", "ln1.");
  rename(tensors, "head.", "head.fc.");
  for (NamedTensor& t : tensors)
    if (!t.name.starts_with("head.")) t.name.insert(0, prefix);
  return tensors;
}

/// ViTForImageClassification's.
inline Tensors hugging_face_vit(const std::string& prefix) {
  Tensors tensors = plain();
  split_qkv(tensors, {"attention.attention.query", "attention.attention.key", "attention.attention.value"});
  respell(tensors, {{"patch_embed.proj.", "embeddings.patch_embeddings.projection."},
                    {"cls_token", "embeddings.cls_token"},
                    {"pos_embed", "embeddings.position_embeddings"},
                    {"blocks.", "encoder.layer."},
                    {".norm1.", ".layernorm_before."},
                    {".norm2.", ".layernorm_after."},
                    {"attn.proj.", "attention.output.dense."},
                    {"mlp.fc1.", "intermediate.dense."},
                    {"mlp.fc2.", "output.dense."}});
  rename(tensors, "norm.", "layernorm.");
  rename(tensors, "head.", "classifier.");
  for (NamedTensor& t : tensors)
    if (!t.name.starts_with("classifier.")) t.name.insert(0, prefix);
  return tensors;
}

/// SiglipVisionModel's, without a pooling head.
inline Tensors siglip(const std::string& prefix) {
  Tensors tensors = plain();
  std::erase_if(tensors, [](const NamedTensor& t) { return t.name == "cls_token" || t.name.starts_with("head."); });
  split_qkv(tensors, {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"});
  NamedTensor& position = named(tensors, "pos_embed");  // without the class token's
  position.shape = {10, 12};
  position = part_of(position, "embeddings.position_embedding.weight", 1, 9);
  respell(tensors, {{"patch_embed.proj.", "embeddings.patch_embedding."},
                    {"blocks.", "encoder.layers."},
                    {".norm1.", ".layer_norm1."},
                    {".norm2.", ".layer_norm2."},
                    {"attn.proj.", "self_attn.out_proj."}});
  rename(tensors, "norm.", "post_layernorm.");
  for (NamedTensor& t : tensors) t.name.insert(0, prefix);
  return tensors;
}

/// OpenAI's CLIP, without the norm before its blocks.
inline Tensors open_ai(const std::string& prefix) {
  Tensors tensors = plain();
  std::erase_if(tensors,
                [](const NamedTensor& t) { return t.name == "patch_embed.proj.bias" || t.name.starts_with("head."); });
  respell(tensors, {{"patch_embed.proj.", "conv1."},
                    {"cls_token", "class_embedding"},
                    {"pos_embed", "positional_embedding"},
                    {"blocks.", "transformer.resblocks."},
                    {".norm1.", ".ln_1."},
                    {".norm2.", ".ln_2."},
                    {"attn.qkv.", "attn.in_proj_"},
                    {"attn.proj.", "attn.out_proj."},
                    {"mlp.fc1.", "mlp.c_fc."},
                    {"mlp.fc2.", "mlp.c_proj."}});
  rename(tensors, "norm.", "ln_post.");
  for (NamedTensor& t : tensors) t.name.insert(0, prefix);
  return tensors;
}

inline std::filesystem::path save(const TempFolder& folder, const Tensors& tensors,
                                  const std::string& name = "m.safetensors") {
  write_safetensors(folder.path() / name, tensors, {});
  return folder.path() / name;
}

inline std::string refusal(const std::filesystem::path& file) {
  try {
    load_model(file.string());
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

/// "value | source | reason"
inline std::string fact(const Model& model, const std::string& name) {
  for (const Fact& fact : model.report.facts) {
    if (fact.name == name) return fact.value + " | " + name_of(fact.source) + " | " + fact.reason;
  }
  return "";
}

}  // namespace vit
