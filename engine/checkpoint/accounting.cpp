#include "engine/checkpoint/accounting.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/lower.h"
#include "engine/containers/tensor_file.h"

namespace vit {
namespace {

struct Meaning {
  const char* part;  // of a tensor's name
  const char* what;
};

/// What a tensor inside a block stands for that no operator here computes; the first that fits.
constexpr Meaning kMeanings[] = {
    {"lambda_", "differential attention"},
    {"lora_", "a low-rank adapter that was not merged"},
    {"adapter", "an adapter that was not merged"},
    {"SCB", "8-bit codes of bitsandbytes"},
    {"_scale", "scales of quantised weights"},
    {"zero_point", "quantised weights"},
    {"q_norm", "a norm of queries and keys"},
    {"k_norm", "a norm of queries and keys"},
    {"norm_q", "a norm of queries and keys"},
    {"norm_k", "a norm of queries and keys"},
    {"rel_pos", "relative positions"},
    {"relative_position", "relative positions"},
    {"rope", "rotary positions"},
    {"freqs", "rotary positions"},
    {"proj_l", "talking heads"},
    {"proj_w", "talking heads"},
    {"expert", "a mixture of experts"},
    {"router", "a mixture of experts"},
    {"gate", "a gate"},
    {"gamma", "a layer scale"},
    {"lambda", "a layer scale"},
    {"bias", "a bias"},
    {"norm", "another norm"},
    {"prompt", "learned prompts"},
    {"temporal", "attention over time"},
    {"cross", "cross-attention"},
};

/// Buffers that hold what is computed anew, or that only training needs.
constexpr std::string_view kHarmlessInBlocks[] = {"rope.freqs_cos", "rope.freqs_sin",      "rope.freqs",
                                                  "rope.periods",   "num_batches_tracked", "relative_position_index"};

/// How names of tensors begin that change what goes into the blocks or comes out of them.
constexpr std::string_view kTrunk[] = {"cls_token",
                                       "class_token",
                                       "class_embedding",
                                       "dist_token",
                                       "reg_token",
                                       "register_tokens",
                                       "storage_tokens",
                                       "pos_embed",
                                       "pos_embedding",
                                       "position_embedding",
                                       "position_embeddings",
                                       "positional_embedding",
                                       "patch_embed",
                                       "patch_embedding",
                                       "norm",
                                       "norm_pre",
                                       "fc_norm",
                                       "cls_norm",
                                       "ln_pre",
                                       "ln_post",
                                       "layernorm",
                                       "pre_layrnorm",
                                       "pre_layernorm",
                                       "post_layernorm",
                                       "encoder_norm",
                                       "rel_pos_bias",
                                       "rope",
                                       "rope_embed",
                                       "class_pos_emb",
                                       "freqs",
                                       "freqs_t_x",
                                       "freqs_t_y",
                                       "prompt",
                                       "prompts",
                                       "prompt_embeddings",
                                       "conv1",
                                       "conv_proj",
                                       "embeddings",
                                       "det_token",
                                       "blocks_token_only",
                                       "temporal_embedding",
                                       "time_embed",
                                       "embed_norm",
                                       "norm_embed",
                                       "patch_norm",
                                       "input_proj",
                                       "patch_generator",
                                       "embeds"};

/// What may be left unread of them: masks that only training puts in, indices, and buffers of rotary positions.
constexpr std::string_view kHarmlessInTrunk[] = {"mask_token",
                                                 "position_ids",
                                                 "rope.freqs_cos",
                                                 "rope.freqs_sin",
                                                 "rope.freqs",
                                                 "rope_embed.periods",
                                                 "patch_size",
                                                 "inv_freq",
                                                 "relative_position_index",
                                                 "video_embedder.weight",
                                                 "video_patch_projection.weight"};

/// Words of names that stand for what acts on the tokens before, between or behind the blocks.
constexpr Meaning kActing[] = {
    {"prompt", "learned prompts"},
    {"injector", "adapters"},
    {"pos_block", "positions that a convolution makes"},
    {"part_token", "tokens of parts"},
    {"view_embed", "an embedding of views"},
    {"camera_embed", "an embedding of cameras"},
    {"channel_embed", "an embedding of channels"},
    {"task_embed", "an embedding of tasks"},
};
/// Likewise, where they are all that a module or parameter is called.
constexpr Meaning kActingAlone[] = {
    {"vpt", "learned prompts"},
    {"adapter", "adapters"},
    {"adapters", "adapters"},
    {"cpe", "positions that a convolution makes"},
};

/// Parts of a checkpoint that do not see the patches, or only what the blocks made of them.
constexpr std::string_view kElsewhere[] = {"text", "decoder",        "predictor",      "qformer",   "language",
                                           "bert", "projector",      "head",           "criterion", "loss",
                                           "llm",  "prompt_encoder", "prompt_learner", "neck",      "embedder"};

/// Parameters of the network's own module with the width of a token that no pass needs.
constexpr std::string_view kHarmlessOfOwn[] = {
    "mask_token", "mask_tokens", "mask_embed", "mask_embedding", "mask_emb", "masked_embed", "queue",
    "prototypes", "center",      "centers",    "centroids",      "proj",     "projection",   "text_projection",
    "mean",       "std",         "pixel_mean", "pixel_std"};

bool ends_with_any(std::string_view name, std::span<const std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) { return name.ends_with(ending); });
}

std::string meaning_of(std::string_view name) {
  for (const Meaning& meaning : kMeanings) {
    if (name.find(meaning.part) != std::string_view::npos) return meaning.what;
  }
  return "an operator that is not known";
}

/// Splits "blocks.3.attn.x" into 3 and "attn.x", if the name continues a family's block pattern so.
bool split_block(std::string_view name, std::string_view pattern, int& block, std::string_view& rest) {
  const std::size_t at = pattern.find('#');
  if (at == std::string_view::npos || !name.starts_with(pattern.substr(0, at))) return false;
  name.remove_prefix(at);
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), block);
  if (error != std::errc()) return false;
  rest = name.substr(static_cast<std::size_t>(end - name.data()));
  if (!rest.starts_with(pattern.substr(at + 1))) return false;
  rest.remove_prefix(pattern.size() - at - 1);
  return true;
}

std::string_view first_component(std::string_view name) {
  return name.substr(0, name.find_first_of("./"));
}

/// Whether a name belongs to what the family itself calls its trunk: "encoder.ln.bias" of torchvision.
bool is_family_trunk(std::string_view name, const FamilyNames& names, bool pooled_otherwise) {
  if (!pooled_otherwise && *names.pooling_head != '\0' && name.starts_with(names.pooling_head)) return true;
  const std::string_view shared = names.shared_relative_bias;
  if (const std::size_t dot = shared.rfind('.'); dot != std::string_view::npos) {
    if (name.starts_with(shared.substr(0, dot + 1))) return true;
  }
  for (const char* pattern :
       {names.class_token, names.distillation_token, names.registers, names.detection_tokens, names.position,
        names.mid_positions, names.rope_frequencies, names.rope_class, names.patch, names.patch_norm, names.embed_norm,
        names.norm_pre, names.norm, names.fc_norm, names.class_query, names.pre_logits}) {
    for (const std::string& spelled : spell(pattern, 0, "")) {
      if (!spelled.empty() && name.starts_with(spelled)) return true;
    }
  }
  return false;
}

}  // namespace

void refuse_unaccounted(const TensorFile& file, const DetectedFamily& detected, const std::set<std::string>& used,
                        int depth, bool pooled_otherwise) {
  const std::string path = file.path().string();
  const FamilyNames& names = *detected.family->names;
  for (const auto& [name, entry] : file.entries()) {
    if (used.count(name) != 0 || !name.starts_with(detected.prefix) || entry.elements() == 0) continue;
    const std::string_view own = std::string_view(name).substr(detected.prefix.size());
    int block = 0;
    std::string_view rest;
    if (split_block(own, names.block, block, rest)) {
      if (block >= depth) {
        throw Error(fmt::format(
            "{} has block {} (tensor \"{}\") but no block {}: it is incomplete, or blocks were taken out of it.", path,
            block, name, depth));
      }
      if (ends_with_any(rest, kHarmlessInBlocks)) continue;
      throw Error(fmt::format(
          "{} has the tensor \"{}\", which stands for {} and which no operator of {} reads: without it the attention "
          "would not be this network's.",
          path, name, meaning_of(rest), detected.family->name));
    }
    const bool trunk = is_family_trunk(own, names, pooled_otherwise) ||
                       std::find(std::begin(kTrunk), std::end(kTrunk), first_component(own)) != std::end(kTrunk);
    if (!trunk || ends_with_any(own, kHarmlessInTrunk)) continue;
    if (*names.beside != '\0' && own.starts_with(names.beside)) continue;
    throw Error(
        fmt::format("{} has the tensor \"{}\", which nothing in {} reads: the file is incomplete, or of a network that "
                    "computes more "
                    "around its blocks.",
                    path, name, detected.family->name));
  }
}

namespace {

/// The components of a name between dots and slashes.
std::vector<std::string> components(std::string_view name) {
  std::vector<std::string> parts(1);
  for (const char c : name) {
    if (c == '.' || c == '/') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// What a tensor that nothing reads does to the tokens, as far as its name tells; null: nothing that is known.
const char* acting(std::string_view name) {
  for (const std::string& part : components(lower(std::string(name)))) {
    const bool elsewhere = std::any_of(std::begin(kElsewhere), std::end(kElsewhere),
                                       [&](std::string_view word) { return part.find(word) != std::string::npos; });
    if (elsewhere) return nullptr;
    for (const Meaning& meaning : kActing)
      if (part.find(meaning.part) != std::string::npos) return meaning.what;
    for (const Meaning& meaning : kActingAlone)
      if (part == meaning.part) return meaning.what;
  }
  return nullptr;
}

}  // namespace

void refuse_acting(const TensorFile& file, const DetectedFamily& detected, const std::set<std::string>& used,
                   int channels) {
  const auto refuse = [&](const std::string& name, const std::string& what) {
    throw Error(
        fmt::format("{} has the tensor \"{}\", which {} and which nothing in {} reads: without it the "
                    "attention would not be this network's.",
                    file.path().string(), name, what, detected.family->name));
  };
  const std::string_view prefix = detected.prefix;
  const auto of_other_copy = [&](const std::string& name) {
    return std::any_of(detected.copies.begin(), detected.copies.end(),
                       [&](const std::string& copy) { return copy.size() > prefix.size() && name.starts_with(copy); });
  };
  for (const auto& [name, entry] : file.entries()) {
    if (used.count(name) != 0 || entry.elements() == 0 || !is_float(entry.type) || of_other_copy(name)) continue;
    const bool under = name.starts_with(prefix);
    const std::string_view own = under ? std::string_view(name).substr(prefix.size()) : std::string_view(name);
    // Of the modules that the network stands in, their own parameters alone: other modules have their own work.
    const std::size_t parent = name.find_last_of("./") + 1;
    if (under || prefix.starts_with(std::string_view(name).substr(0, parent))) {
      if (const char* what = acting(under ? own : std::string_view(name).substr(parent)))
        refuse(name, std::string("stands for ") + what);
    }
    // A parameter of the network's own module as wide as a token, not of a layer.
    const bool bare = under && own.find_first_of("./") == std::string_view::npos;
    if (!bare || entry.shape.empty() || entry.shape.back() != channels) continue;
    const bool harmless =
        own.starts_with("decoder") || own.starts_with("text") ||
        std::find(std::begin(kHarmlessOfOwn), std::end(kHarmlessOfOwn), own) != std::end(kHarmlessOfOwn);
    if (!harmless) refuse(name, "is as wide as a token");
  }
}

std::string unread_head(const TensorFile& file, const DetectedFamily& detected, const std::set<std::string>& used) {
  constexpr std::string_view kHeads[] = {
      "head",           "heads",        "classifier", "cls_classifier", "fc",      "last_layer",
      "linear_head",    "mlp_head",     "cls_head",   "attn_pool",      "lm_head", "class_labels_classifier",
      "bbox_predictor", "keypoint_head"};
  constexpr std::string_view kBeside[] = {"classifier",     "head",         "lm_head", "class_labels_classifier",
                                          "bbox_predictor", "keypoint_head"};
  for (const auto& [name, entry] : file.entries()) {
    if (used.count(name) != 0) continue;
    std::string_view own = name;
    if (own.starts_with(detected.prefix)) {
      own.remove_prefix(detected.prefix.size());
    } else if (std::find(std::begin(kBeside), std::end(kBeside), first_component(own)) == std::end(kBeside)) {
      continue;
    }
    if (std::find(std::begin(kHeads), std::end(kHeads), first_component(own)) != std::end(kHeads)) return name;
  }
  return "";
}

}  // namespace vit
