#include "engine/checkpoint/model_hints.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/base/error.h"
#include "engine/base/json.h"
#include "engine/base/lower.h"
#include "engine/checkpoint/architectures.h"
#include "engine/checkpoint/config_fields.h"
#include "engine/checkpoint/input_hints.h"
#include "engine/checkpoint/json_fields.h"
#include "engine/checkpoint/labels.h"

namespace vit {
namespace {

constexpr const char* kWindows = "windows";

std::optional<Activation> activation_named(const std::string& name) {
  if (name == "gelu" || name == "gelu_python") return Activation::gelu;
  if (name == "quick_gelu" || name == "quickgelu") return Activation::quick_gelu;
  if (name == "relu") return Activation::relu;
  if (name == "silu" || name == "swish") return Activation::silu;
  for (const char* tanh : {"gelu_tanh", "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "gelu_accurate"}) {
    if (name == tanh) return Activation::gelu_tanh;
  }
  return std::nullopt;
}

void read_activation(JsonFields& source, ModelHints& hints) {
  for (const char* path : {"hidden_act", "act_layer", "model_args.act_layer"}) {
    const auto name = source.text("activation", {path});
    if (!name) continue;
    if (const auto known = activation_named(name->value)) {
      hints.activation = {*known, name->reason};
    } else {
      source.refuse("activation", path, "gelu, gelu_tanh, quick_gelu, relu or silu");
    }
    return;
  }
}

void read_norm(JsonFields& source, ModelHints& hints) {
  for (const char* path : {"norm_layer", "model_args.norm_layer", "norm_type"}) {
    const auto name = source.text("norm", {path});
    if (!name) continue;
    const bool rms = name->value == "rmsnorm" || name->value == "rms_norm";
    if (!rms && name->value != "layernorm" && name->value != "layer_norm") {
      return source.refuse("norm", path, "layernorm or rmsnorm");
    }
    hints.rms_norm = {rms, name->reason};
    return;
  }
}

void read_pool(JsonFields& source, ModelHints& hints) {
  for (const char* path : {"global_pool", "model_args.global_pool"}) {
    const auto name = source.text("pooling", {path});
    if (!name) continue;
    if (name->value == "token") {
      hints.pool = {ModelConfig::Pool::class_token, name->reason};
    } else if (name->value == "avg") {
      hints.pool = {ModelConfig::Pool::mean_patches, name->reason};
    } else if (name->value != "map" && !name->value.empty()) {
      source.refuse("pooling", path, "token or avg");
    }
    return;
  }
}

/// A list of blocks. One that is no list of whole numbers is refused.
std::optional<Hint<std::vector<int>>> read_blocks(JsonFields& source, const char* topic,
                                                  std::initializer_list<const char*> paths) {
  for (const char* path : paths) {
    const Json* found = source.find(path);
    if (found == nullptr || found->is(Json::Kind::null)) continue;
    std::vector<int> blocks;
    for (const Json& item : found->items) {
      if (item.integer && *item.integer >= 0 && *item.integer < 1024) blocks.push_back(static_cast<int>(*item.integer));
    }
    if (found->is(Json::Kind::array) && blocks.size() == found->items.size())
      return Hint<std::vector<int>>{std::move(blocks), std::string(path) + " in " + source.file()};
    source.refuse(topic, path, "a list of blocks");
    return std::nullopt;
  }
  return std::nullopt;
}

void read_windows(JsonFields& source, ModelHints& hints) {
  const Json* size = source.find("window_size");
  const bool none = size != nullptr && size->integer && *size->integer == 0;
  if (none) hints.window = {0, "window_size in " + source.file()};
  if (!none && (size == nullptr || !size->is(Json::Kind::array)))
    source.integer(hints.window, kWindows, {"window_size", "model_args.window_size"});
  hints.global_blocks = read_blocks(source, kWindows, {"global_attn_indexes", "model_args.global_attn_indexes"});
  hints.window_blocks = read_blocks(source, kWindows, {"window_block_indices"});
}

void read_network(JsonFields& source, ModelHints& hints) {
  source.integer(hints.num_heads, "heads", {"num_attention_heads", "num_heads", "model_args.num_heads"});
  source.integer(hints.channels, "config", {"hidden_size", "embed_dim", "model_args.embed_dim", "width"});
  source.integer(hints.depth, "config", {"num_hidden_layers", "depth", "model_args.depth", "layers"});
  source.integer(hints.patch_px, "config", {"patch_size", "model_args.patch_size"});
  source.real(hints.rope_base, "positions",
              {"rope_theta", "rope_parameters.rope_theta", "model_args.rope_temperature"});
  if (const Json* none = source.find("num_register_tokens"); none == nullptr || !none->integer || *none->integer != 0) {
    source.integer(hints.registers, "config", {"num_register_tokens", "model_args.reg_tokens"});
  }
  hints.changes_tokens =
      source.find("model_args.class_token") != nullptr || source.find("model_args.reg_tokens") != nullptr;
  std::optional<Hint<double>> eps;
  source.real(eps, "eps", {"layer_norm_eps", "norm_eps", "rms_norm_eps"});
  if (eps && eps->value >= 1) source.refuse("eps", "layer_norm_eps", "a small number above 0");
  if (eps && eps->value < 1) hints.eps = {static_cast<float>(eps->value), eps->reason};
  source.size(hints.input_px, "input",
              {"image_size", "model_args.img_size", "img_size", "pretrained_cfg.input_size", "input_size",
               "preferred_resolution"});
  hints.absolute_positions =
      source.boolean("positions", {"use_absolute_position_embeddings", "use_abs_pos_emb", "model_args.use_abs_pos_emb",
                                   "use_abs_pos", "model_args.use_abs_pos"});
  hints.relative_positions =
      source.boolean("positions", {"use_relative_position_bias", "use_rel_pos_bias", "model_args.use_rel_pos_bias"});
  hints.shared_positions = source.boolean("positions", {"use_shared_relative_position_bias", "use_shared_rel_pos_bias",
                                                        "model_args.use_shared_rel_pos_bias"});
  hints.rotary = source.boolean("positions", {"use_rot_pos_emb", "model_args.use_rot_pos_emb"});
  hints.query_norm = source.boolean("config", {"model_args.qk_norm", "qk_norm"});
  hints.norm_pre = source.boolean("config", {"model_args.pre_norm"});
  hints.class_token = source.boolean("config", {"model_args.class_token"});
  const Json* scale = source.find("model_args.init_values");
  if (scale != nullptr && scale->is(Json::Kind::number) && scale->number != 0)
    hints.layer_scale = {true, "model_args.init_values in " + source.file()};
  if (scale != nullptr && scale->is(Json::Kind::text)) source.refuse("config", "model_args.init_values", "a number");
  source.integer(hints.detection_tokens, "config", {"num_detection_tokens"});
  source.integer(hints.class_tokens, "config", {"num_cls_tokens"});
  hints.mid_positions = source.boolean("positions", {"use_mid_position_embeddings"});
  read_windows(source, hints);
  read_activation(source, hints);
  read_norm(source, hints);
  read_pool(source, hints);
}

void read_labels(JsonFields& source, ModelHints& hints) {
  for (const char* key : {"id2label", "label_names", "labels"}) {
    const Json* found = source.json().find(key);
    if (found == nullptr || found->items.size() + found->fields.size() == 0) continue;
    try {
      hints.labels = labels_from_json(*found, "\"" + std::string(key) + "\" in " + source.file());
      hints.labels_reason = std::string(key) + " in " + source.file();
    } catch (const Error& error) {  // a network runs without class names, too
      hints.warnings.push_back(error.what());
    }
    break;
  }
  // timm names ImageNet's classes by synset and says beside what they are.
  const Json* descriptions = source.json().find("label_descriptions");
  if (descriptions == nullptr) return;
  for (std::string& label : hints.labels) {
    const Json* text = descriptions->find(label);
    if (text != nullptr && text->is(Json::Kind::text)) label = text->text;
  }
}

/// A file that is damaged is no reason to refuse the weights beside it.
std::optional<Json> read_beside(const std::filesystem::path& file, const std::string& name, ModelHints& hints) {
  const std::filesystem::path path = file.parent_path() / name;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  try {
    Json json = read_json(path);
    if (json.is(Json::Kind::object)) return json;
    hints.warnings.push_back(name + " holds no fields and was not read");
  } catch (const Error& damaged) {
    hints.warnings.push_back(name + " was not read, so that what it says is guessed: " + damaged.what());
  }
  return std::nullopt;
}

/// NVIDIA's configuration of RADIO keeps the arguments of its training.
void read_radio(JsonFields& root, ModelHints& hints) {
  // What the code beside each of NVIDIA's releases does: until C-RADIOv3's L and g the outermost positions stay.
  if (const auto version = root.text("config", {"version"})) {
    const std::string& v = version->value;
    const bool early =
        v.starts_with("radio_v") || v.starts_with("c-radio_v2") || v == "c-radio_v3-b" || v == "c-radio_v3-h";
    if (early || v.starts_with("c-radio_v")) hints.corners = {early, version->reason};
  }
  const Json* args = root.find("args");
  if (args == nullptr || !args->is(Json::Kind::object)) return;
  const Json* each = args->find("cls_token_per_teacher");
  const Json* teachers = args->find("teachers");
  if (each == nullptr || !each->is(Json::Kind::boolean)) return;
  std::set<std::string> names;
  if (each->number != 0) {
    if (teachers == nullptr || !teachers->is(Json::Kind::array)) return;
    for (const Json& teacher : teachers->items) {
      const Json* name = teacher.find("name");
      if (name != nullptr && name->is(Json::Kind::text)) names.insert(name->text);
    }
  }
  const int count = each->number != 0 ? static_cast<int>(names.size()) : 1;
  if (count > 0) hints.class_tokens = {count, "args.teachers in " + root.file()};
}

/// Of which class the network is, where that says more than its model_type.
void read_class(JsonFields& root, ModelHints& hints) {
  if (const auto type = root.text("config", {"model_type"})) hints.whole_type = type->value;
  const Json* classes = root.find("architectures");
  if (classes == nullptr) return;
  for (const Json& name : classes->items) {
    for (const char* plain : {"ViTForImageClassification", "ViTMSNForImageClassification", "DeiTForImageClassification",
                              "DeiTForImageClassificationWithTeacher"}) {
      if (name.is(Json::Kind::text) && name.text == plain) hints.plain_classifier = true;
    }
  }
}

void read_config(JsonFields& root, ModelHints& hints) {
  read_radio(root, hints);
  read_class(root, hints);
  if (const auto architecture = root.text("config", {"architecture"})) {
    hints.architecture = architecture->value;
    hints.words += " architecture:" + architecture->value;
    if (const auto tag = root.text("config", {"pretrained_cfg.tag"})) hints.words += "." + tag->value;
  }
  if (const auto type = root.text("config", {"vision_config.model_type", "backbone_config.model_type",
                                             "image_config.model_type", "encoder.model_type", "model_type"})) {
    hints.model_type = type->value;
    hints.words += " " + type->value;
  }
  const auto tower = [&](const char* field) {
    const Json* found = root.find(field);
    if (found == nullptr || found->is(Json::Kind::null)) return false;
    if (!found->is(Json::Kind::object)) root.refuse("config", field, "a network's fields");
    JsonFields fields(*found, std::string(field) + " of " + root.file(), hints);
    read_network(fields, hints);
    check_fields(fields, hints);
    return true;
  };
  // FLAVA's and TrOCR's. Other configurations mean something else by these words.
  const auto typed_tower = [&](const char* field) {
    return root.find((std::string(field) + ".model_type").c_str()) != nullptr && tower(field);
  };
  // Old transformers wrote a tower's fields twice; those of the dict hold, with defaults for what it leaves out.
  if (!tower("vision_config_dict") && !tower("vision_config") && !tower("backbone_config") &&
      !typed_tower("image_config") && !typed_tower("encoder")) {
    read_network(root, hints);
    check_fields(root, hints);
  }
  read_input(root, hints);
  read_labels(root, hints);
}

void read_open_clip(JsonFields& root, ModelHints& hints) {
  hints.words += " open_clip";
  const auto quick = root.boolean("activation", {"model_cfg.quick_gelu"});
  if (const Json* tower = root.find("model_cfg.vision_cfg"); tower != nullptr && tower->is(Json::Kind::object)) {
    JsonFields fields(*tower, "vision_cfg of " + root.file(), hints);
    read_network(fields, hints);
    check_open_clip_fields(fields, hints);
    if (fields.find("width") != nullptr) hints.head_width = {64, "OpenCLIP's usual head_width, 64"};
    fields.integer(hints.head_width, "heads", {"head_width"});
    std::optional<Hint<double>> eps;
    fields.real(eps, "eps", {"norm_kwargs.eps"});
    if (eps && eps->value < 1) hints.eps = {static_cast<float>(eps->value), eps->reason};
    const auto form = fields.text("activation", {"act_kwargs.approximate"});
    if (form && form->value == "tanh") hints.open_clip_activation = {Activation::gelu_tanh, form->reason};
    if (form && form->value != "tanh" && form->value != "none")
      fields.refuse("activation", "act_kwargs.approximate", "none or tanh");
  }
  if (const auto trunk = root.text("config", {"model_cfg.vision_cfg.timm_model_name"})) {
    hints.architecture = trunk->value;
    hints.words += " " + trunk->value;
    hints.head_width.reset();
    hints.open_clip_activation.reset();
  } else if (!hints.open_clip_activation) {
    hints.open_clip_activation = quick && quick->value
                                     ? Hint<Activation>{Activation::quick_gelu, quick->reason}
                                     : Hint<Activation>{Activation::gelu, "no quick_gelu in " + root.file()};
  }
  read_input(root, hints);
}

/// Whether a configuration names the network or tells a size or a choice of it.
bool says_something(const ModelHints& hints) {
  return !hints.architecture.empty() || hints.num_heads || hints.channels || hints.depth || hints.eps ||
         hints.activation;
}

}  // namespace

void read_graph_hints(const std::map<std::string, std::string>& words, ModelHints& hints) {
  const std::string why = "the ONNX graph";
  if (const auto found = words.find("eps"); found != words.end()) hints.eps = {std::stof(found->second), why};
  if (const auto found = words.find("heads"); found != words.end()) hints.num_heads = {std::stoi(found->second), why};
  if (const auto found = words.find("activation"); found != words.end()) {
    const auto known = activation_named(found->second);
    if (!known) return;
    for (std::optional<Hint<Activation>>* said : {&hints.activation, &hints.open_clip_activation}) {
      if (*said && (*said)->value != *known)
        hints.warnings.push_back(fmt::format("The ONNX graph computes {} where {} says {}: the graph is followed.",
                                             choice_of(*known).name, (*said)->reason, choice_of((*said)->value).name));
      *said = {*known, why};
    }
  }
}

ModelHints read_hints(const std::filesystem::path& file) {
  ModelHints hints;
  std::error_code error;
  hints.file_name = lower(file.filename().string());
  hints.words = hints.file_name;
  std::string stem = file.stem().string();
  if (stem.ends_with(".safetensors.index") || stem.ends_with(".bin.index")) stem = "config";
  std::string name = stem + ".json";
  std::optional<Json> config = read_beside(file, name, hints);
  if (!config && name != "config.json") {
    name = "config.json";
    config = read_beside(file, name, hints);
  }
  if (config) {
    JsonFields root(*config, name, hints);
    read_config(root, hints);
    hints.has_config = says_something(hints);
    // Where a class of Hugging Face's is named, its defaults hold and not what a name of timm's implies.
    const bool by_name = hints.model_type.empty() || hints.model_type.starts_with("timm");
    const bool unknown = by_name && !hints.architecture.empty() && architecture_named(hints.architecture) == nullptr;
    if (unknown)
      hints.warnings.push_back("the architecture \"" + hints.architecture + "\" of " + name +
                               " is not known here, so that what its name implies is guessed");
    if (unknown && !hints.channels && !hints.depth) hints.has_config = false;
  }
  // A folder may be called after anything; it is asked where nothing else says which network this is.
  if (hints.architecture.empty() && hints.model_type.empty()) {
    const std::filesystem::path folder = std::filesystem::absolute(file, error).parent_path();
    hints.words += " " + lower(folder.filename().string());
  }
  if (const auto clip = read_beside(file, "open_clip_config.json", hints)) {
    JsonFields root(*clip, "open_clip_config.json", hints);
    read_open_clip(root, hints);
  }
  if (const auto processor = read_beside(file, "preprocessor_config.json", hints)) {
    JsonFields root(*processor, "preprocessor_config.json", hints);
    read_processor(root, hints);
  } else if (const auto both = read_beside(file, "processor_config.json", hints)) {
    if (const Json* image = both->find("image_processor"); image != nullptr && image->is(Json::Kind::object)) {
      JsonFields root(*image, "processor_config.json", hints);
      read_processor(root, hints);
    }
  }
  return hints;
}

}  // namespace vit
