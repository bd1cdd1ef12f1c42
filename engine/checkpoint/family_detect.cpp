#include <algorithm>
#include <optional>
#include <set>

#include "engine/base/error.h"
#include "engine/base/lower.h"
#include "engine/checkpoint/family.h"
#include "engine/containers/tensor_file.h"

namespace vit {
namespace {

bool has(const TensorFile& file, const std::string& name) {
  return file.entries().count(name) != 0;
}

bool has_part(const TensorFile& file, const char* part) {
  return std::any_of(file.entries().begin(), file.entries().end(),
                     [&](const auto& entry) { return entry.first.find(part) != std::string::npos; });
}

/// What stands before the anchor's name, for every tensor that ends with it.
std::vector<std::string> prefixes(const TensorFile& file, std::string_view anchor) {
  std::vector<std::string> found;
  for (const auto& [name, entry] : file.entries()) {
    if (!std::string_view(name).ends_with(anchor)) continue;
    const std::string prefix = name.substr(0, name.size() - anchor.size());
    if (prefix.empty() || prefix.back() == '.' || prefix.back() == '/') found.push_back(prefix);
  }
  return found;
}

/// The words of a prefix: "model_ema.backbone." holds model, ema and backbone.
std::vector<std::string> words_of(const std::string& prefix) {
  std::vector<std::string> words(1);
  for (const char c : prefix) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      words.back() += c;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  return words;
}

/// Whether tensors with this prefix are what an optimizer remembers of the network's: they have its names and sizes.
/// Old Flax files keep the network itself inside of the optimizer, as its target.
bool is_of_optimizer(const std::string& prefix) {
  constexpr std::string_view kWords[] = {"opt",     "optim",      "optimizer",      "mu",
                                         "nu",      "grad",       "grads",          "gradients",
                                         "exp_avg", "exp_avg_sq", "momentum_buffer"};
  std::string text = lower(prefix);
  std::replace(text.begin(), text.end(), '/', '.');
  for (std::size_t begin = 0, end = 0; (end = text.find('.', begin)) != std::string::npos; begin = end + 1) {
    const std::string_view part = std::string_view(text).substr(begin, end - begin);
    const bool target = std::string_view(text).substr(end + 1).starts_with("target.");
    if (!target && std::find(std::begin(kWords), std::end(kWords), part) != std::end(kWords)) return true;
  }
  return false;
}

/// Of several copies of a network in one file the averaged one is what its authors evaluate.
int word_score(const TensorFile& file, const std::string& prefix) {
  constexpr std::pair<const char*, int> kScores[] = {
      {"teacher", 40},        {"ema", 30},       {"averaged", 30}, {"swa", 30},        {"target", 25},
      {"student", -30},       {"momentum", -30}, {"decoder", -60}, {"predictor", -60}, {"text", -60},
      {"discriminator", -60}, {"current", -30},  {"gram", -60}};
  // MMEngine exchanges the two as it saves: what it calls state_dict is the average. Its copy counts its steps.
  if (prefix.starts_with("ema_state_dict.module.") && has(file, "ema_state_dict.steps")) return -30;
  int score = 0;
  for (const std::string& word : words_of(lower(prefix))) {
    for (const auto& [name, value] : kScores) {
      if (word == name) score += value;
    }
  }
  return score;
}

/// The least nested first, where words tell nothing.
int preference(const TensorFile& file, const std::string& prefix) {
  const auto levels = std::count_if(prefix.begin(), prefix.end(), [](char c) { return c == '.' || c == '/'; });
  return word_score(file, prefix) - static_cast<int>(levels);
}

/// Whether the user's name of a copy means this prefix: "target_encoder" is "target_encoder.module.".
/// A name that ends as a prefix does means that one alone, and "." the network without a prefix.
bool names_copy(const std::string& wanted, const std::string& prefix) {
  if (wanted == ".") return prefix.empty();
  if (wanted.ends_with('.') || wanted.ends_with('/')) return prefix == wanted;
  const std::string& name = wanted;
  return prefix == name + "." || prefix == name + "/" || prefix.starts_with(name + ".") ||
         prefix.ends_with("." + name + ".") || prefix.find("." + name + ".") != std::string::npos;
}

std::string copy_names(const std::vector<std::string>& copies) {
  std::string text;
  for (const std::string& copy : copies) {
    text += (text.empty() ? "" : ", ") +
            (copy.empty() ? std::string("\".\" (without a prefix)") : copy.substr(0, copy.size() - 1));
  }
  return text;
}

/// Whether a word stands in a text, and not as a part of a longer one: "dino" in "dino_vits8" and in "dino8", not in
/// "dinosaur" and not in "audino".
bool has_word(const std::string& text, std::string_view word) {
  const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
  const auto continues = [&](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !continues(word.front()) || !continues(text[at - 1]);
    const bool ends = end == text.size() || !continues(word.back()) || !is_letter(text[end]);
    if (begins && ends) return true;
  }
  return false;
}

bool any_word(const std::vector<const char*>& words, const std::string& text) {
  return std::any_of(words.begin(), words.end(), [&](const char* word) { return has_word(text, word); });
}

/// Whether fc1 makes twice what fc2 reads.
bool has_swiglu(const Family& family, const TensorFile& file, const std::string& prefix) {
  const auto side = [&](const char* layer, std::size_t axis) -> std::int64_t {
    const auto entry = file.entries().find(prefix + spell(family.names->block, 0, "").front() + layer);
    return entry != file.entries().end() && entry->second.shape.size() == 2 ? entry->second.shape[axis] : 0;
  };
  const std::int64_t outputs = side("mlp.fc1.weight", 0);
  return outputs > 0 && outputs == 2 * side("mlp.fc2.weight", 1);
}

/// Whether the tensor is there at the prefix or at what the prefix stands in: "decoder.…" beside "encoder.".
bool has_beside(const TensorFile& file, std::string prefix, const std::string& name) {
  while (!has(file, prefix + name)) {
    if (prefix.empty()) return false;
    const std::size_t dot = prefix.size() < 2 ? std::string::npos : prefix.find_last_of('.', prefix.size() - 2);
    prefix = dot == std::string::npos ? "" : prefix.substr(0, dot + 1);
  }
  return true;
}

bool matches(const Family& family, const TensorFile& file, const std::string& prefix) {
  const auto present = [&](const char* pattern) {
    const std::string name = spell(pattern, 0, "weight").front();
    return name.starts_with('^') ? has_beside(file, prefix, name.substr(1)) : has(file, prefix + name);
  };
  const std::vector<std::string> positions = spell(family.names->position, 0, "weight");
  const bool has_positions = std::any_of(positions.begin(), positions.end(),
                                         [&](const std::string& name) { return has(file, prefix + name); });
  if (family.swiglu && !has_swiglu(family, file, prefix)) return false;
  for (const std::string& name : positions) {
    const auto found = file.entries().find(prefix + name);
    if (family.position_grid && found != file.entries().end() && found->second.shape.size() != 4) return false;
  }
  if (family.patch_matrix && file.entries().at(prefix + family.anchor).shape.size() != 2) return false;
  return (has_positions || family.position_optional || !family.position.learned) &&
         std::all_of(family.with.begin(), family.with.end(), present) &&
         std::none_of(family.without.begin(), family.without.end(), present);
}

struct Refusal {
  const char* part;  // of a tensor's name
  const char* what;
  const char* because;
};

/// What looks like a ViT but is none, by names that only it has.
constexpr Refusal kRefusals[] = {
    {"detection_tokens", "a YOLOS detector that is no plain one", "its blocks are called differently"},
    {"gated_positional_embedding", "Llama 3.2's vision tower",
     "it sees the picture in tiles with gated positions, and has two networks of blocks"},
    {"cpb_mlp", "a Swin Transformer V2", "its attention works in windows and is a cosine with relative positions"},
    {"continuous_position_bias_mlp", "a Swin Transformer V2",
     "its attention works in windows and is a cosine with relative positions"},
    {"encoder.stages.0.", "a staged network (Hiera, ConvNeXt or alike)", "its resolution changes from stage to stage"},
    {"patch_conv.weight", "Pixtral's vision tower", "it reads patches as a sequence, with rotary positions of its own"},
    {"pos_embed_window", "a SAM 2 (Hiera) image encoder", "its resolution changes from stage to stage"},
    {"patch_generator.", "a RADIO network",
     "its blocks are called differently from those that are known of it (E-RADIO's are windows of convolutions)"},
    {"lambda_q1", "a network of differential attention", "its attention is the difference of two softmaxes"},
    {"merger.ln_q", "Qwen-VL's vision tower", "it reads patches as a sequence, with rotary positions of its own"},
    {"merger.linear_fc1", "Qwen-VL's vision tower", "it reads patches as a sequence, with rotary positions of its own"},
    {"embeds.pos_embed_y", "timm's NaFlexViT with positions of rows and columns apart",
     "its positions are sums of two tables"},
    {"embeds.proj.weight", "timm's NaFlexViT", "its blocks or its positions are not those that are known of it"},
    {"visual.merger.", "Qwen-VL's vision tower", "it reads patches as a sequence, with rotary positions of its own"},
    {"embeddings.rms_norm.", "an AIMv2 network of native resolution",
     "its positions are sines and cosines that no tensor holds"},
    {"attn_pool.probe", "a Perception Encoder", "its blocks or positions are not those that are known of it"},
    {"keypoint_head.", "a pose network", "its backbone is no ViTPose"},
    {"class_pos_emb", "an MLCD vision tower", "its blocks are called differently from those that are known of it"},
    {"group_token", "a GroupViT", "its tokens are grouped from stage to stage"},
    {"to_patch_embedding.", "a network of vit-pytorch that is not its plain ViT",
     "its blocks are built differently, or its positions are in no tensor"},
    {"depth_pro.", "Depth Pro", "it is three networks, of which two see the picture in tiles"},
    {"relative_position_bias_table", "a Swin Transformer or alike",
     "its attention works in windows and adds relative positions"},
    {"attn.pool_k", "an MViT", "its blocks pool their tokens"},
    {"rel_pos_h", "a network with decomposed relative positions", "its blocks are neither SAM's nor ViTDet's"},
    {"rel_pos", "a network with relative positions", "its attention adds them to the scores"},
    {"blocks.0.in_norm.", "a network of parallel blocks", "the projections of its attention and MLP are joined"},
    {"rope", "a network with rotary positions", "its rotation is none of those that are known"},
    {"freqs_cos", "a network with rotary positions", "its rotation is none of those that are known"},
    {"attn.q_bias", "an EVA network",
     "its norms may stand behind the branches, which its tensors do not say; files called eva_giant, eva01 or "
     "eva02_enormous open"},
    {"patch_embed.backbone.", "a hybrid ViT", "its patches come from a convolutional network"},
    {"patch_embeddings.backbone.", "a hybrid ViT", "its patches come from a convolutional network"},
    {"root_block", "a hybrid ViT", "its patches come from a convolutional network"},
    {"conv_1x1_exp", "a MobileViT", "its attention works on unfolded convolution maps"},
    {"conv_kxk", "a MobileViT", "its attention works on unfolded convolution maps"},
    {"patch_embeddings.proj.weight", "a Hugging Face network that is no plain ViT",
     "its blocks are called differently from ViT's, DeiT's and DINOv2's"},
    {"patch_embeddings.projection.weight", "a Hugging Face network that is no plain ViT",
     "its blocks are called differently from ViT's, DeiT's and DINOv2's"},
    {"embeddings.patch_embedding.weight", "a vision tower without what CLIP's and SigLIP's have",
     "its blocks are called differently, or its positions are missing"},
    {"patch_embed.proj.weight", "a ViT without a position embedding (\"pos_embed\")",
     "its blocks or its positions are not a plain ViT's"},
    {"stages.0.", "a staged network (ConvNeXt, MaxViT, LeViT or alike)", "its resolution changes from stage to stage"},
    {"layers.0.blocks.0.", "a Swin-like network in stages", "its resolution changes from stage to stage"},
    {"layer1.0.conv1", "a ResNet", "it has no attention"},
    {"features.0.", "a convolutional network", "it has no attention"},
    {"input_layernorm", "a language model", "it reads text, not pictures"},
    {"encoder.layer.0.attention.self.query", "a language model (BERT or alike)", "it reads text, not pictures"},
};

/// Patches in space and time: (C, 3, T, P, P).
[[noreturn]] void refuse_video(const TensorFile& file, const std::string& name) {
  throw Error(file.path().string() + " looks like a network for video (tensor \"" + name +
              "\" has five sizes), which is not supported, because its patches lie in space and time.");
}

[[noreturn]] void refuse(const TensorFile& file) {
  const std::string path = file.path().string();
  for (const Refusal& refusal : kRefusals) {
    const auto found = std::find_if(file.entries().begin(), file.entries().end(), [&](const auto& entry) {
      return entry.first.find(refusal.part) != std::string::npos;
    });
    if (found == file.entries().end()) continue;
    const bool patches = std::string_view(refusal.part).find("patch_embed") != std::string_view::npos;
    if (patches && found->second.shape.size() == 5) refuse_video(file, found->first);
    throw Error(path + " looks like " + refusal.what + " (tensor \"" + found->first +
                "\"), which is not supported, because " + refusal.because + ".");
  }
  if (file.entries().empty()) throw Error(path + " holds no tensors: choose the file with the network's weights.");
  throw Error(path + " is no Vision Transformer that Headlight knows: none of its " +
              std::to_string(file.entries().size()) + " tensors (the first is \"" + file.entries().begin()->first +
              "\") is named as a patch embedding.");
}

const Family& family_named(const std::string& wanted) {
  std::string known;
  for (const Family& family : families()) {
    if (lower(family.name) == lower(wanted)) return family;
    if (known.find(family.name) == std::string::npos) known += (known.empty() ? "" : ", ") + std::string(family.name);
  }
  throw Error("There is no family \"" + wanted + "\"; known are " + known + ".");
}

/// Networks that their tensors do not tell from others, by what their files and configurations call them.
void refuse_by_name(const TensorFile& file, const std::string& words, const DetectedFamily& detected) {
  if (detected.family->position.rotary != PositionRule::Rotary::none) return;
  for (const char* name : {"vit_pe_", "pe-core", "pe-spatial", "pe-lang", "rope_ape", "rope_axial"}) {
    if (words.find(name) == std::string::npos) continue;
    throw Error(file.path().string() + " is called \"" + name + "\" and has the tensors of " + detected.family->name +
                ", which turns no queries and keys by their place: it is incomplete, or called after another network.");
  }
}

/// The refusals that hold even where a family's own names match.
void refuse_rotary(const TensorFile& file, const DetectedFamily& detected) {
  const std::string& prefix = detected.prefix;
  const bool relative =
      *detected.family->names->relative_bias != '\0' || *detected.family->names->row_positions != '\0';
  const bool split_bias = *detected.family->names->query_bias != '\0';
  const bool normed = *detected.family->names->attn_norm != '\0';
  const bool normed_heads = *detected.family->names->q_norm != '\0';
  const bool detects = *detected.family->names->detection_tokens != '\0';
  for (const char* part :
       {"detection_tokens", "pos_embed_window", "rope", "freqs_cos", "relative_position_bias_table", "rel_pos",
        "q_bias", "storage_tokens", "patch_embed.backbone", "blocks.0.attn.q_norm", "blocks.0.attn.norm.weight"}) {
    if (relative && std::string_view(part).starts_with("rel")) continue;
    if (split_bias && std::string_view(part) == "q_bias") continue;
    if (normed && std::string_view(part) == "blocks.0.attn.norm.weight") continue;
    if (detects && std::string_view(part) == "detection_tokens") continue;
    if (normed_heads && std::string_view(part) == "blocks.0.attn.q_norm") continue;
    for (const auto& [name, entry] : file.entries()) {
      if (!name.starts_with(prefix) || name.find(part) == std::string::npos) continue;
      if (std::string_view(part).ends_with("norm") || std::string_view(part).ends_with("norm.weight")) {
        throw Error(file.path().string() + " normalises inside its attention (tensor \"" + name +
                    "\"), which is not supported, because a plain ViT's attention has no such operator.");
      }
      refuse(file);
    }
  }
}

std::string plain_reason(const Family& family, const std::string& prefix) {
  std::string reason = family.why;
  if (!prefix.empty()) reason += "; its tensors begin with \"" + prefix + "\"";
  return reason;
}

/// The copy that would have been preferred may lack a tensor: another one must not take its place without a word.
void refuse_incomplete_copy(const TensorFile& file, const DetectedFamily& best) {
  const std::string block = spell(best.family->names->block, 0, "").front();
  for (const auto& [name, entry] : file.entries()) {
    const std::size_t at = name.find(block);
    if (at == std::string::npos || (at > 0 && name[at - 1] != '.' && name[at - 1] != '/')) continue;
    const std::string prefix = name.substr(0, at);
    const bool complete = std::find(best.copies.begin(), best.copies.end(), prefix) != best.copies.end();
    if (complete || word_score(file, prefix) <= std::max(0, word_score(file, best.prefix))) continue;
    throw Error(file.path().string() + " holds the network \"" + prefix.substr(0, prefix.size() - 1) +
                "\", which is incomplete; it also holds " + copy_names(best.copies) + ": name one with --weights.");
  }
}

}  // namespace

bool is_of_openai(const TensorFile& file) {
  return has(file, "input_resolution") && has(file, "context_length");
}

std::vector<std::string> spell(std::string_view pattern, int block, std::string_view part) {
  std::vector<std::string> names;
  while (!pattern.empty()) {
    const std::string_view one = pattern.substr(0, pattern.find('|'));
    pattern.remove_prefix(std::min(pattern.size(), one.size() + 1));
    std::string name;
    for (const char c : one) {
      if (c == '#') {
        name += std::to_string(block);
      } else if (c == '*') {
        name += part;
      } else {
        name += c;
      }
    }
    names.push_back(std::move(name));
  }
  return names;
}

DetectedFamily detect_family(const TensorFile& file, const std::string& words, const std::string& wanted,
                             const std::string& copy) {
  const Family* chosen = wanted.empty() ? nullptr : &family_named(wanted);
  DetectedFamily best;
  std::set<std::string> copies;
  std::string of_optimizer;
  for (const Family& family : families()) {
    if (chosen != nullptr && std::string_view(family.name) != chosen->name) continue;
    for (const std::string& prefix : prefixes(file, family.anchor)) {
      if (is_of_optimizer(prefix) && (copy.empty() || !names_copy(copy, prefix))) {
        if (of_optimizer.empty()) of_optimizer = prefix;
        continue;
      }
      if (chosen == nullptr) {
        const std::string text = words + " " + lower(prefix);
        if (!matches(family, file, prefix)) continue;
        if (!family.hints.empty() && !any_word(family.hints, text)) continue;
        if (any_word(family.no_hints, text)) continue;
        if (family.not_of_openai && is_of_openai(file)) continue;
      }
      copies.insert(prefix);
      if (!copy.empty() && !names_copy(copy, prefix)) continue;
      if (best.family == nullptr || preference(file, prefix) > preference(file, best.prefix)) {
        best.family = &family;
        best.prefix = prefix;
      }
    }
    if (best.family != nullptr && chosen != nullptr) break;
  }
  best.copies = {copies.begin(), copies.end()};
  if (best.family != nullptr && copy.empty()) refuse_incomplete_copy(file, best);
  if (best.family == nullptr && copies.empty() && !of_optimizer.empty()) {
    throw Error(file.path().string() + " holds what an optimizer remembers of a network (\"" +
                of_optimizer.substr(0, of_optimizer.size() - 1) +
                "\") and not the network: choose the file with its weights.");
  }
  if (best.family == nullptr && !copies.empty()) {
    throw Error(file.path().string() + " holds no network called \"" + copy + "\"; it holds " +
                copy_names(best.copies) + ": name one of them with --weights.");
  }
  if (best.family == nullptr && chosen != nullptr) {
    throw Error(file.path().string() + " cannot be read as \"" + wanted + "\": it has no tensor \"" + chosen->anchor +
                "\".");
  }
  if (best.family == nullptr) refuse(file);
  if (chosen == nullptr) refuse_by_name(file, words, best);
  const bool pose = best.family->position_of_none, pooled = *best.family->names->pool_query != '\0';
  if (chosen == nullptr && !pose && has_part(file, "keypoint_head.")) refuse(file);
  if (chosen == nullptr && !pooled && has_part(file, "attn_pool.probe")) refuse(file);
  if (best.family->position.rotary == PositionRule::Rotary::none) refuse_rotary(file, best);
  best.reason = chosen != nullptr ? "chosen by the user" : plain_reason(*best.family, best.prefix);
  return best;
}

}  // namespace vit
