#include "engine/checkpoint/config_fields.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/lower.h"

namespace vit {
namespace {

/// Fields that other code reads or that repeat what the tensors say, and those of training, of other towers and of
/// texts.
constexpr std::string_view kKnown[] = {"_attn_implementation",
                                       "_commit_hash",
                                       "_name_or_path",
                                       "apply_layernorm",
                                       "architecture",
                                       "architectures",
                                       "attention_dropout",
                                       "attention_probs_dropout_prob",
                                       "attn_drop_rate",
                                       "auto_map",
                                       "bos_token_id",
                                       "chunk_size_feed_forward",
                                       "class_token",
                                       "created_by",
                                       "crop",
                                       "crop_mode",
                                       "crop_pct",
                                       "custom_load",
                                       "dataset",
                                       "decoder_hidden_size",
                                       "decoder_intermediate_size",
                                       "decoder_num_attention_heads",
                                       "decoder_num_hidden_layers",
                                       "depth",
                                       "drop_path_rate",
                                       "drop_rate",
                                       "dropout",
                                       "dtype",
                                       "dynamic_img_pad",
                                       "dynamic_img_size",
                                       "embed_dim",
                                       "encoder_stride",
                                       "eos_token_id",
                                       "epochs",
                                       "fc_norm",
                                       "final_norm",
                                       "global_pool",
                                       "hidden_act",
                                       "hidden_dropout_prob",
                                       "hidden_size",
                                       "id2label",
                                       "image_mean",
                                       "image_size",
                                       "image_std",
                                       "img_size",
                                       "in_chans",
                                       "init_values",
                                       "initializer_factor",
                                       "initializer_range",
                                       "input_size",
                                       "interpolation",
                                       "intermediate_size",
                                       "key_bias",
                                       "label2id",
                                       "label_descriptions",
                                       "label_names",
                                       "labels",
                                       "layer_norm_eps",
                                       "layers",
                                       "layerscale_value",
                                       "license",
                                       "logit_scale_init_value",
                                       "mask_ratio",
                                       "mean",
                                       "mlp_bias",
                                       "mlp_ratio",
                                       "model_args",
                                       "model_type",
                                       "no_embed_class",
                                       "norm_eps",
                                       "norm_pix_loss",
                                       "num_attention_heads",
                                       "num_channels",
                                       "num_classes",
                                       "num_features",
                                       "num_heads",
                                       "num_hidden_layers",
                                       "num_labels",
                                       "num_reg_tokens",
                                       "num_register_tokens",
                                       "out_features",
                                       "out_indices",
                                       "output_attentions",
                                       "output_hidden_states",
                                       "pad_token_id",
                                       "patch_drop_rate",
                                       "patch_size",
                                       "pooler_act",
                                       "pooler_output_size",
                                       "use_auxiliary_head",
                                       "auxiliary_loss_weight",
                                       "auxiliary_channels",
                                       "auxiliary_num_convs",
                                       "auxiliary_concat_input",
                                       "pool_scales",
                                       "semantic_loss_ignore_index",
                                       "segmentation_indices",
                                       "add_fpn",
                                       "vocab_size",
                                       "use_bias",
                                       "use_head",
                                       "rms_norm_eps",
                                       "pos_drop_rate",
                                       "pos_embed_jitter",
                                       "pos_embed_rescale",
                                       "pos_embed_shift",
                                       "pre_norm",
                                       "pretrained_cfg",
                                       "problem_type",
                                       "proj_bias",
                                       "proj_drop_rate",
                                       "projection_dim",
                                       "proj_drop",
                                       "qk_norm",
                                       "qkv_bias",
                                       "qkv_fused",
                                       "query_bias",
                                       "num_patches",
                                       "num_cls_tokens",
                                       "num_registers",
                                       "summary_idxs",
                                       "norm_mean",
                                       "norm_std",
                                       "max_img_size",
                                       "patch_dim",
                                       "video_patch_dim",
                                       "video_temporal_patch_size",
                                       "preferred_resolution",
                                       "max_resolution",
                                       "args",
                                       "adaptor_names",
                                       "adaptor_configs",
                                       "version",
                                       "feature_normalizer_config",
                                       "inter_feature_normalizer_config",
                                       "reg_tokens",
                                       "reshape_hidden_states",
                                       "return_dict",
                                       "rope_parameters",
                                       "rope_theta",
                                       "scale_attn_inner",
                                       "scale_attn_norm",
                                       "scale_mlp",
                                       "scale_mlp_norm",
                                       "stage_names",
                                       "std",
                                       "swiglu_mlp",
                                       "task_specific_params",
                                       "text_config",
                                       "tie_word_embeddings",
                                       "torch_dtype",
                                       "torchscript",
                                       "use_mean_pooling",
                                       "attention_bias",
                                       "norm_type",
                                       "layer_scale_init_value",
                                       "projection_dropout",
                                       "transformers_version",
                                       "url",
                                       "use_abs_pos_emb",
                                       "use_cache",
                                       "use_gated_mlp",
                                       "use_mask_token",
                                       "use_rot_pos_emb",
                                       "use_swiglu_ffn",
                                       "value_bias",
                                       "vision_config",
                                       "vision_config_dict",
                                       "text_config_dict",
                                       "vision_use_head",
                                       "weight_init",
                                       "width",
                                       "act_layer",
                                       "norm_layer",
                                       "made_by",
                                       "name",
                                       "training",
                                       "hyper_parameters",
                                       "accuracy",
                                       "source",
                                       "notes",
                                       "description",
                                       "classes",
                                       "top1",
                                       "version",
                                       "author",
                                       "seed",
                                       "sep_token_id",
                                       "is_decoder",
                                       "input_size_patches",
                                       "mask_group_max_aspect",
                                       "mask_group_max_patches",
                                       "mask_group_min_aspect",
                                       "mask_group_min_patches",
                                       "total_mask_patches",
                                       "add_pooling_layer",
                                       "k_bias",
                                       "attn_drop",
                                       "n_cls_tokens",
                                       "num_detection_tokens",
                                       "use_mid_position_embeddings",
                                       "auxiliary_loss",
                                       "class_cost",
                                       "bbox_cost",
                                       "giou_cost",
                                       "bbox_loss_coefficient",
                                       "giou_loss_coefficient",
                                       "eos_coefficient",
                                       "part_features",
                                       "rope_temperature",
                                       "rel_pos_dim",
                                       "shared_rel_pos",
                                       "global_attn_indexes",
                                       "window_block_indices",
                                       "pretrain_image_size",
                                       "dropout_prob",
                                       "use_rel_pos",
                                       "use_abs_pos",
                                       "use_relative_position_embeddings",
                                       "neck_chans",
                                       "output_channels",
                                       "num_pos_feats",
                                       "scale",
                                       "mlp_dim",
                                       "prompt_encoder_config",
                                       "mask_decoder_config"};

struct Only {
  const char* field;
  std::vector<std::string_view> values;  // in lower case, as json_value_text writes them
  const char* topic = "config";
};

constexpr const char* kWindows = "windows";                       // likewise
constexpr const char* kRelativePositions = "relative positions";  // which some families have

/// Fields that may stand for a network that is not computed. null always means the usual.
const std::vector<Only>& only() {
  static const std::vector<Only> list = {{"block_fn", {}},
                                         {"attn_layer", {}},
                                         {"embed_layer", {}},
                                         {"mlp_layer", {"\"mlp\"", "\"swiglupacked\"", "\"swiglu\""}},
                                         {"embed_norm_layer", {}},
                                         {"pos_embed", {"\"learn\"", "\"none\"", "\"\""}},
                                         {"pool_include_prefix", {"false"}},
                                         {"use_post_norm", {"false"}},
                                         {"post_norm", {"false"}},
                                         {"norm_post", {"false"}},
                                         {"rope_mixed_mode", {"false"}},
                                         {"use_rel_pos_bias", {"false"}, kRelativePositions},
                                         {"use_shared_rel_pos_bias", {"false"}, kRelativePositions},
                                         {"use_relative_position_bias", {"false"}, kRelativePositions},
                                         {"use_shared_relative_position_bias", {"false"}, kRelativePositions},
                                         {"use_absolute_position_embeddings", {"true"}, kRelativePositions},
                                         {"position_embedding_type", {"\"absolute\""}},
                                         {"pruned_heads", {"a list of fields", "a list of 0"}},
                                         {"use_cls_token", {"true"}},
                                         {"window_size", {"0", "a list of 0"}, kWindows},
                                         {"residual_block_indices", {"a list of 0"}},
                                         {"use_rope", {"false"}},
                                         {"rel_pos_type", {"\"mlp\"", "\"bias\""}},
                                         {"head_hidden_size", {}},
                                         {"vitdet_window_size", {}},
                                         {"normalize_attention", {"false"}},
                                         {"qk_normalization", {"false"}},
                                         {"use_qk_norm", {"false"}},
                                         {"qk_scale", {}},
                                         {"sliding_window", {}},
                                         {"attn_logit_softcapping", {}},
                                         {"logit_soft_cap", {}},
                                         {"num_windows", {"1"}},
                                         {"window_block_indexes", {"a list of 0"}},
                                         {"num_experts", {"1"}},
                                         {"num_key_value_groups", {"1"}},
                                         {"interpolate_antialias", {"true"}},
                                         {"interpolate_offset", {"0"}},
                                         {"attn_pool_num_heads", {"8"}},
                                         {"ref_feat_shape", {}},
                                         {"rope_grid_offset", {}},
                                         {"rope_grid_indexing", {}},
                                         {"rope_type", {}},
                                         {"rope_rotate_half", {}}};
  return list;
}

/// Of OpenCLIP's vision towers.
constexpr std::string_view kKnownOfOpenClip[] = {"layers",
                                                 "width",
                                                 "head_width",
                                                 "mlp_ratio",
                                                 "patch_size",
                                                 "image_size",
                                                 "ls_init_value",
                                                 "patch_dropout",
                                                 "attn_pooler_queries",
                                                 "attn_pooler_heads",
                                                 "pool_type",
                                                 "output_tokens",
                                                 "act_kwargs",
                                                 "norm_kwargs",
                                                 "timm_model_name",
                                                 "timm_model_pretrained",
                                                 "timm_pool",
                                                 "timm_proj",
                                                 "timm_proj_bias",
                                                 "timm_drop",
                                                 "timm_drop_path",
                                                 "attentional_pool",
                                                 "final_ln_after_pool",
                                                 "image_seq_len",
                                                 "in_chans",
                                                 "input_patchnorm",
                                                 "global_average_pool"};
const std::vector<Only>& only_of_open_clip() {
  static const std::vector<Only> list = {
      {"no_ln_pre", {"false"}},  {"pos_embed_type", {"\"learnable\""}}, {"block_type", {"\"default\""}},
      {"qk_norm", {"false"}},    {"scaled_cosine_attn", {"false"}},     {"scale_heads", {"false"}},
      {"scale_attn", {"false"}}, {"scale_attn_inner", {"false"}},       {"scale_fc", {"false"}}};
  return list;
}

bool is_known(std::string_view field) {
  return field.starts_with("_") || std::find(std::begin(kKnown), std::end(kKnown), field) != std::end(kKnown);
}

const Only* find_only(const std::vector<Only>& rules, std::string_view field) {
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const Only& o) { return field == o.field; });
  return found == rules.end() ? nullptr : &*found;
}

/// Adds a problem for a field with a rule that it breaks. False: there is no rule for it.
bool obeys_a_rule(const std::vector<Only>& rules, const Json::Field& field, const std::string& inside,
                  JsonFields& source) {
  const Only* rule = find_only(rules, field.name);
  if (rule == nullptr) return false;
  const std::string text = lower(json_value_text(field.value));
  const bool usual = field.value.is(Json::Kind::null) ||
                     std::find(rule->values.begin(), rule->values.end(), text) != rule->values.end();
  if (!usual) source.refuse(rule->topic, (inside + field.name).c_str(), "a network that is supported");
  return true;
}

}  // namespace

void warn_of_unknown(const JsonFields& source, const std::vector<std::string>& unknown, ModelHints& hints) {
  if (unknown.empty()) return;
  constexpr std::size_t kShown = 8;
  std::string names;
  for (std::size_t i = 0; i < std::min(kShown, unknown.size()); ++i) names += (i == 0 ? "" : ", ") + unknown[i];
  if (unknown.size() > kShown) names += " and " + std::to_string(unknown.size() - kShown) + " more";
  hints.warnings.push_back("fields of " + source.file() +
                           " that are not known here and could change the numbers: " + names);
}

void check_fields(JsonFields& source, ModelHints& hints) {
  std::vector<std::string> unknown;
  const auto check = [&](const std::vector<Json::Field>& fields, const std::string& inside) {
    for (const Json::Field& field : fields) {
      if (!obeys_a_rule(only(), field, inside, source) && !is_known(field.name)) unknown.push_back(inside + field.name);
    }
  };
  check(source.json().fields, "");
  if (const Json* arguments = source.find("model_args")) check(arguments->fields, "model_args.");
  warn_of_unknown(source, unknown, hints);
}

void check_open_clip_fields(JsonFields& source, ModelHints& hints) {
  std::vector<std::string> unknown;
  for (const Json::Field& field : source.json().fields) {
    const bool known =
        std::find(std::begin(kKnownOfOpenClip), std::end(kKnownOfOpenClip), field.name) != std::end(kKnownOfOpenClip);
    if (!obeys_a_rule(only_of_open_clip(), field, "", source) && !known) unknown.push_back(field.name);
  }
  warn_of_unknown(source, unknown, hints);
}

}  // namespace vit
