// What the tensors do not say, and what must not be passed over.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "engine/base/error.h"
#include "engine/checkpoint/loader.h"
#include "engine/checkpoint/model_facts.h"

namespace vit {

/// A config.json in the same folder may belong to another checkpoint: sizes tell.
void Loader::drop_foreign_hints() {
  const ModelConfig& c = config();
  // What the name of an architecture tells counts where no field tells otherwise.
  const Architecture* named = architecture_named(hints_.architecture);
  const bool readable = std::none_of(hints_.problems.begin(), hints_.problems.end(),
                                     [](const Problem& problem) { return problem.topic == "config"; });
  if (named != nullptr && named->channels > 0 && readable) {
    const std::string reason = "the architecture " + std::string(named->name) + " beside it";
    if (!hints_.channels) hints_.channels = {named->channels, reason};
    if (!hints_.depth) hints_.depth = {named->depth, reason};
    if (!hints_.patch_px) hints_.patch_px = {named->patch_px, reason};
  }
  const auto contradicts = [](const std::optional<Hint<int>>& hint, int value) { return hint && hint->value != value; };
  const Hint<int>* culprit = contradicts(hints_.channels, c.channels)   ? &*hints_.channels
                             : contradicts(hints_.depth, c.depth)       ? &*hints_.depth
                             : contradicts(hints_.patch_px, c.patch_px) ? &*hints_.patch_px
                                                                        : nullptr;
  if (culprit == nullptr) return;
  if (culprit == &*hints_.depth && culprit->value > c.depth && (hints_.channels || hints_.patch_px)) {
    throw Error(file_.path().string() + " has " + std::to_string(c.depth) + " blocks, but " + culprit->reason +
                " says " + std::to_string(culprit->value) +
                ": it is incomplete, or the other file belongs to another network.");
  }
  report().facts.push_back(
      {"config", "ignored", Source::read,
       culprit->reason + " says " + std::to_string(culprit->value) + ", which contradicts the tensors"});
  ModelHints kept;
  kept.words = hints_.words;
  kept.file_name = hints_.file_name;
  kept.of_openai = hints_.of_openai;
  kept.warnings = hints_.warnings;
  hints_ = std::move(kept);
  config().architecture.clear();
}

/// Which of the three kinds of positions a BEiT has, its tensors tell; what a file says of them tells which are
/// missing.
void Loader::refuse_missing_positions() const {
  using Bias = ModelConfig::RelativeBias;
  const ModelConfig& c = model_->config;
  const auto refuse = [&](const std::optional<Hint<bool>>& hint, bool there, const char* pattern) {
    if (!hint || hint->value == there) return;
    throw Error(file_.path().string() + " has " + (there ? "the" : "no") + " tensor \"" + detected_.prefix +
                spell(pattern, 0, "weight").front() + "\", but " + hint->reason + " says " +
                (hint->value ? "true" : "false") +
                ": the file is incomplete, or the other one belongs to another network.");
  };
  refuse(hints_.absolute_positions, c.position.learned, names().position);
  refuse(hints_.relative_positions, c.relative_bias == Bias::of_each_block,
         tensors_.in_block(names().relative_bias).c_str());
  refuse(hints_.shared_positions, c.relative_bias == Bias::shared, names().shared_relative_bias);
}

/// Operators that timm's configurations speak of, and that tensors tell or the family.
void Loader::refuse_contradictions() const {
  const ModelConfig& c = model_->config;
  const auto refuse = [&](const std::optional<Hint<bool>>& hint, bool there, const char* what) {
    if (!hint || hint->value == there) return;
    throw Error(file_.path().string() + (there ? " has " : " does not have ") + what + ", but " + hint->reason +
                " says that it " + (hint->value ? "does" : "does not") +
                ": the file is incomplete, or the other one belongs to another network.");
  };
  refuse(hints_.query_norm, tensors_.find(tensors_.in_block(names().q_norm), 0, "weight").has_value(),
         "norms of queries and keys");
  refuse(hints_.norm_pre, c.norm_pre, "a norm before block 0");
  refuse(hints_.class_token, c.class_token, "a class token");
  const Architecture* named = known_architecture(hints_, c);
  if (named == nullptr || !named->post_norm) refuse(hints_.layer_scale, c.layer_scale, "a layer scale");
  if (hints_.rotary && hints_.rotary->value != (c.position.rotary != PositionRule::Rotary::none)) {
    throw Error(hints_.rotary->reason + " is " + (hints_.rotary->value ? "true" : "false") + ", but networks of " +
                detected_.family->name + (hints_.rotary->value ? " have no" : " have") +
                " rotary positions here, and no tensor tells: it is not supported.");
  }
}

/// A wrong field in a file does not matter where the user chose the value.
void Loader::refuse_problems() const {
  for (const Problem& problem : hints_.problems) {
    if (problem.topic == "heads" && options_.num_heads) continue;
    if (problem.topic == "eps" && options_.eps) continue;
    if (problem.topic == "activation" && options_.activation) continue;
    if (problem.topic == "input" && options_.grid) continue;
    if (problem.topic == "pooling" && model_->config.classes == 0) continue;
    if (problem.topic == "windows" && detected_.family->windows && (hints_.window || model_->config.axis_positions))
      continue;
    if (problem.topic == "relative positions" && *names().row_positions != '\0') continue;
    if (problem.topic == "relative positions" && *names().relative_bias != '\0') continue;
    throw Error(problem.sentence);
  }
  if (detected_.family->position_optional) refuse_missing_positions();
  const ModelConfig& c = model_->config;
  if (hints_.mid_positions && hints_.mid_positions->value != c.mid_positions && *names().mid_positions != '\0') {
    throw Error(file_.path().string() + " has " + (c.mid_positions ? "the" : "no") + " tensor \"" + detected_.prefix +
                names().mid_positions + "\", but " + hints_.mid_positions->reason + " says " +
                (hints_.mid_positions->value ? "true" : "false") +
                ": the file is incomplete, or the other one belongs to another network.");
  }
  refuse_contradictions();
  if (hints_.detection_tokens && hints_.detection_tokens->value != c.detection_tokens) {
    throw Error(file_.path().string() + " has " + std::to_string(c.detection_tokens) + " detection tokens, but " +
                hints_.detection_tokens->reason + " says " + std::to_string(hints_.detection_tokens->value) +
                ": the file is incomplete, or the other one belongs to another network.");
  }
  if (hints_.registers && hints_.registers->value != c.registers) {
    throw Error(file_.path().string() + " has " + std::to_string(c.registers) + " register tokens, but " +
                hints_.registers->reason + " says " + std::to_string(hints_.registers->value) +
                ": the file is incomplete, or the other one belongs to another network.");
  }
  // model_args may change what the architecture's name says.
  const Architecture* named = architecture_named(hints_.architecture);
  const Architecture* known = known_architecture(hints_, c);
  const bool needs_norm = (std::string_view(names().norm) == "norm.*" && !detected_.family->norm_optional) ||
                          detected_.family->rms_norm || c.class_blocks > 0 ||
                          (detected_.family->windows && c.classes > 0);
  if (needs_norm && !c.final_norm && !c.fc_norm && (known == nullptr || !known->no_norm)) {
    throw Error(file_.path().string() + " has no last norm (\"" + detected_.prefix +
                spell(names().norm, 0, names().norm_weight).front() + "\"), which " + c.family +
                " needs: the file is incomplete, or of a network without one, which a timm name tells "
                "(vit_base_patch16_radio_v3.pth).");
  }
  if (*names().relative_mlp1 != '\0' && !c.layer_scale && known == nullptr && !hints_.has_config) {
    throw Error(file_.path().string() +
                " has relative positions and no layer scale, as those of timm's networks whose "
                "norms stand behind the branches, which no tensor tells from others: name it as timm does "
                "(vit_relpos_base_patch16_rpn_224.pth).");
  }
  if (named != nullptr && named->heads > 0 && !hints_.changes_tokens &&
      (named->class_token != c.class_token || (!hints_.registers && named->registers != c.registers))) {
    throw Error(file_.path().string() + " has " + (c.class_token ? "a" : "no") + " class token and " +
                std::to_string(c.registers) + " register tokens, but timm's " + named->name + " has " +
                (named->class_token ? "one" : "none") + " and " + std::to_string(named->registers) +
                ": the file is incomplete, or the configuration belongs to another network.");
  }
  if (!c.patch_bias && !c.norm_pre && std::string_view(names().norm_pre) == "ln_pre.*") {
    throw Error(
        file_.path().string() + " has no norm before block 0 (\"" + detected_.prefix +
        "ln_pre.weight\"): it is of a network that OpenCLIP builds without one (CLIPA), which is not supported, "
        "or incomplete.");
  }
  if (!c.patch_bias && !c.norm_pre && !detected_.family->no_patch_bias) {
    throw Error(file_.path().string() + " has no bias of the patch embedding (\"" + detected_.prefix +
                spell(names().patch, 0, names().bias).front() +
                "\"), without which only networks with a norm before block 0 are known: the file is incomplete.");
  }
  const bool of_timm = std::string_view(detected_.family->name).starts_with("timm");
  if (c.swiglu && !detected_.family->silu_gate && hints_.activation && hints_.activation->value != Activation::silu &&
      (has_gate() || of_timm)) {
    throw Error(hints_.activation->reason + " says that the gate of this network's MLP is " +
                choice_of(hints_.activation->value).name + ", which is not supported: only SiLU (SwiGLU) is.");
  }
}

/// A network that normalises its input itself: after what the processor beside it does, if it does.
void Loader::read_input_conditioner() {
  const auto mean = tensors_.find(names().input_mean, 0, "weight"), std = tensors_.find(names().input_std, 0, "weight");
  if (!mean && !std) return;
  if (!mean || !std)
    throw Error(file_.path().string() + " has one of the mean and the standard deviation of its input (\"" +
                (mean ? *mean : *std) + "\") and not the other: the file is incomplete.");
  const std::vector<float> means = tensors_.vector(*mean, 3), stds = tensors_.vector(*std, 3);
  Hint<std::array<float, 3>> own_mean = {{0.f, 0.f, 0.f}, "the tensor " + *mean},
                             own_std = {{1.f, 1.f, 1.f}, "the tensor " + *std};
  for (std::size_t i = 0; i < 3; ++i) {
    const float before_mean = hints_.mean ? hints_.mean->value[i] : 0.f,
                before_std = hints_.std ? hints_.std->value[i] : 1.f;
    own_mean.value[i] = before_mean + before_std * means[i];
    own_std.value[i] = before_std * stds[i];
  }
  hints_.mean = own_mean;
  hints_.std = own_std;
}

void Loader::decide() {
  drop_foreign_hints();
  decide_windows();
  read_rotary();
  adapt_positions();
  refuse_problems();
  const Family& family = *detected_.family;
  const Architecture* named = known_architecture(hints_, config());
  const bool rms = family.rms_norm || (named != nullptr && named->rms_norm);
  tensors_.set_rms_norm(hints_.rms_norm ? hints_.rms_norm->value : rms);
  const std::string_view called = family.name;
  if (named == nullptr && !hints_.has_config && (called.starts_with("timm") || called == "DeiT-III")) {
    report().facts.push_back(
        {"network", "a plain ViT", Source::guessed,
         "no file says it; timm's names are shared by networks with norms behind their branches or "
         "rotary positions, which no tensor tells"});
  }
  config().rms_norm = hints_.rms_norm ? hints_.rms_norm->value : rms;
  if (hints_.rms_norm || rms) {
    report().facts.push_back({"norm", (hints_.rms_norm ? hints_.rms_norm->value : rms) ? "RMSNorm" : "LayerNorm",
                              hints_.rms_norm ? Source::read : Source::implied,
                              hints_.rms_norm    ? hints_.rms_norm->reason
                              : named != nullptr ? "timm's " + std::string(named->name)
                                                 : "usual for " + std::string(family.name)});
  }
  if (named != nullptr && named->post_norm) {
    config().order = ModelConfig::Order::post_norm;
    report().facts.push_back(
        {"blocks", "norms behind the branches", Source::implied, "timm's " + std::string(named->name)});
  }
  if (named != nullptr && called == "timm NaFlexViT") {
    config().position.bicubic = !named->position_bilinear;
    config().position.antialias = !named->position_plain;
    config().position.of_square = named->position_of_square;
    config().position.corners = named->position_corners;
  } else if (config().position.of_square) {
    config().position.corners = hints_.corners && hints_.corners->value;
    report().facts.push_back({"resampling", config().position.corners ? "corners stay" : "centres of patches",
                              hints_.corners ? Source::read : Source::guessed,
                              hints_.corners ? hints_.corners->reason
                                             : "no file says which of NVIDIA's releases it is; those before C-RADIOv3 "
                                               "let the outermost positions stay"});
  }
  decide_heads(config(), report(), options_, hints_, family, stored_heads_);
  decide_eps(config(), report(), options_, hints_, family);
  decide_activation(config(), report(), options_, hints_, family);
  read_input_conditioner();
  decide_pool(config(), report(), hints_, family);
  note_position_rule(config(), report(), family);
  if (!position_reason_.empty()) report().facts.back().reason = position_reason_;
  model_->preprocessing = decide_preprocessing(config(), report(), hints_, family);
  model_->labels = decide_labels(config(), report(), options_, hints_);
}

}  // namespace vit
