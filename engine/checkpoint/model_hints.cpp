#include "engine/checkpoint/model_hints.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "engine/base/error.h"
#include "engine/base/json.h"
#include "engine/checkpoint/labels.h"

namespace vit {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// One JSON file, and ways to take the first of several keys out of it that has the right type.
class JsonFile {
 public:
  JsonFile(const Json& json, std::string file) : json_(json), file_(std::move(file)) {}

  const Json* find(std::initializer_list<const char*> paths, Json::Kind kind, std::string* reason) const {
    for (const char* path : paths) {
      const Json* found = json_.find_path(path);
      if (found == nullptr || !found->is(kind)) continue;
      *reason = std::string(path) + " in " + file_;
      return found;
    }
    return nullptr;
  }

  void integer(std::optional<Hint<int>>& hint, std::initializer_list<const char*> paths) const {
    std::string reason;
    const Json* found = find(paths, Json::Kind::number, &reason);
    if (found == nullptr || !found->integer || *found->integer < 1 || *found->integer > 1'000'000) return;
    hint = {static_cast<int>(*found->integer), reason};
  }

  template <typename T>
  void real(std::optional<Hint<T>>& hint, std::initializer_list<const char*> paths) const {
    std::string reason;
    const Json* found = find(paths, Json::Kind::number, &reason);
    if (found != nullptr && found->number > 0 && found->number < 1e6) hint = {static_cast<T>(found->number), reason};
  }

  void triple(std::optional<Hint<std::array<float, 3>>>& hint, std::initializer_list<const char*> paths,
              bool positive) const {
    std::string reason;
    const Json* found = find(paths, Json::Kind::array, &reason);
    if (found == nullptr || found->items.size() != 3) return;
    Hint<std::array<float, 3>> read{{}, reason};
    for (std::size_t i = 0; i < 3; ++i) {
      const Json& item = found->items[i];
      if (!item.is(Json::Kind::number) || std::abs(item.number) > 1e6 || (positive && item.number <= 1e-9)) return;
      read.value[i] = static_cast<float>(item.number);
    }
    hint = read;
  }

  std::optional<Hint<std::string>> text(std::initializer_list<const char*> paths) const {
    std::string reason;
    const Json* found = find(paths, Json::Kind::text, &reason);
    if (found == nullptr) return std::nullopt;
    return Hint<std::string>{lower(found->text), reason};
  }

  /// 224, [224, 224] or [3, 224, 224], or {"height": 224, "width": 224}.
  void size(std::optional<Hint<std::pair<int, int>>>& hint, std::initializer_list<const char*> paths) const {
    for (const char* path : paths) {
      const Json* found = json_.find_path(path);
      if (found == nullptr) continue;
      const Json* height = found;
      const Json* width = found;
      if (found->is(Json::Kind::array) && found->items.size() >= 2) {
        height = &found->items[found->items.size() - 2];
        width = &found->items.back();
      } else if (found->is(Json::Kind::object)) {
        height = found->find("height");
        width = found->find("width");
      }
      if (height == nullptr || width == nullptr || !height->integer || !width->integer) continue;
      if (*height->integer < 1 || *width->integer < 1 || *height->integer > 16384 || *width->integer > 16384) continue;
      hint = {{static_cast<int>(*height->integer), static_cast<int>(*width->integer)},
              std::string(path) + " in " + file_};
      return;
    }
  }

  bool is_true(const char* path, bool otherwise) const {
    const Json* found = json_.find_path(path);
    return found != nullptr && found->is(Json::Kind::boolean) ? found->number != 0 : otherwise;
  }

  const Json& json() const { return json_; }
  const std::string& file() const { return file_; }

 private:
  const Json& json_;
  std::string file_;
};

std::optional<Activation> activation_named(const std::string& name) {
  // Other programs' names for the same.
  if (name == "quickgelu") return Activation::quick_gelu;
  if (name == "gelu_new" || name == "gelu_fast" || name == "gelu_pytorch_tanh") return Activation::gelu_tanh;
  return choice_by_id<Activation>(name);
}

void read_network(const JsonFile& source, ModelHints& hints) {
  source.integer(hints.num_heads, {"num_attention_heads", "num_heads", "model_args.num_heads"});
  source.integer(hints.channels, {"hidden_size", "embed_dim", "model_args.embed_dim", "width"});
  source.integer(hints.depth, {"num_hidden_layers", "depth", "model_args.depth", "layers"});
  source.integer(hints.patch_px, {"patch_size", "model_args.patch_size"});
  source.real(hints.rope_base, {"rope_theta", "rope_parameters.rope_theta"});
  source.real(hints.eps, {"layer_norm_eps", "norm_eps"});
  source.size(hints.input_px, {"image_size", "img_size", "pretrained_cfg.input_size", "input_size"});
  if (const auto name = source.text({"hidden_act", "act_layer", "model_args.act_layer"})) {
    if (const auto known = activation_named(name->value)) hints.activation = {*known, name->reason};
  }
  if (const auto name = source.text({"global_pool", "model_args.global_pool"})) {
    if (name->value == "token") hints.pool = {ModelConfig::Pool::class_token, name->reason};
    if (name->value == "avg") hints.pool = {ModelConfig::Pool::mean_patches, name->reason};
  }
}

void read_input(const JsonFile& source, ModelHints& hints) {
  source.triple(hints.mean, {"pretrained_cfg.mean", "preprocess_cfg.mean", "image_mean", "mean"}, false);
  source.triple(hints.std, {"pretrained_cfg.std", "preprocess_cfg.std", "image_std", "std"}, true);
  source.real(hints.crop_pct, {"pretrained_cfg.crop_pct", "crop_pct"});
  if (hints.crop_pct && hints.crop_pct->value > 1) hints.crop_pct.reset();
  // Our own files name the crop and train on whole pictures.
  const auto crop = source.text({"crop"});
  if (crop && !hints.crop_pct) hints.crop_pct = {1.0, crop->reason};
  if (const auto name =
          source.text({"pretrained_cfg.interpolation", "preprocess_cfg.interpolation", "interpolation"})) {
    if (const auto known = choice_by_id<Interpolation>(name->value)) hints.interpolation = {*known, name->reason};
  }
  if (const auto mode = source.text({"pretrained_cfg.crop_mode", "preprocess_cfg.resize_mode", "crop_mode"})) {
    hints.squash = {mode->value == "squash", mode->reason};
  }
}

void read_labels(const JsonFile& source, ModelHints& hints) {
  for (const char* key : {"id2label", "label_names", "labels"}) {
    const Json* found = source.json().find(key);
    if (found == nullptr || found->items.size() + found->fields.size() == 0) continue;
    hints.labels = labels_from_json(*found, "\"" + std::string(key) + "\" in " + source.file());
    hints.labels_reason = std::string(key) + " in " + source.file();
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

/// PIL's numbers for its filters.
std::optional<Interpolation> interpolation_numbered(int number) {
  switch (number) {
    case 0:
      return Interpolation::nearest;
    case 1:
      return Interpolation::lanczos;
    case 2:
      return Interpolation::bilinear;
    case 3:
      return Interpolation::bicubic;
    default:
      return std::nullopt;
  }
}

void read_preprocessor(const JsonFile& source, ModelHints& hints) {
  if (source.is_true("do_normalize", true)) read_input(source, hints);
  std::string reason;
  if (const Json* number = source.find({"resample"}, Json::Kind::number, &reason); number && number->integer) {
    if (const auto known = interpolation_numbered(static_cast<int>(*number->integer))) {
      hints.interpolation = {*known, reason};
    }
  }
  std::optional<Hint<std::pair<int, int>>> size, crop;
  source.size(size, {"size"});
  if (source.is_true("do_center_crop", false)) source.size(crop, {"crop_size"});
  std::optional<Hint<int>> shortest;
  source.integer(shortest, {"size.shortest_edge"});
  const bool number = source.json().find("size") != nullptr && source.json().find("size")->is(Json::Kind::number);
  if (number && crop) {  // an early CLIP processor: the shorter side, then a crop
    shortest = Hint<int>{size->value.first, size->reason};
    size.reset();
  }
  if (shortest) {
    hints.shorter_side_px = shortest;
    hints.squash = {false, shortest->reason};
    if (!crop) crop = {{shortest->value, shortest->value}, shortest->reason};
  } else if (size) {
    hints.squash = {true, size->reason};
    if (crop && crop->value != size->value) hints.squash_px = {size->value.first, size->reason};
    if (!crop) crop = size;
  }
  if (crop) hints.input_px = crop;
  hints.crop_rounds_down = true;
}

std::optional<Json> read_beside(const std::filesystem::path& file, const char* name) {
  const std::filesystem::path path = file.parent_path() / name;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  return read_json(path);
}

}  // namespace

ModelHints read_hints(const std::filesystem::path& file) {
  ModelHints hints;
  std::error_code error;
  hints.words = lower(file.filename().string());
  const std::filesystem::path folder = std::filesystem::absolute(file, error).parent_path();
  hints.words += " " + lower(folder.filename().string());

  const std::string own_name = file.stem().string() + ".json";
  std::string name = own_name;
  std::optional<Json> config = read_beside(file, own_name.c_str());
  if (!config) {
    name = "config.json";
    config = read_beside(file, "config.json");
  }
  if (config && config->is(Json::Kind::object)) {
    const JsonFile root(*config, name);
    if (const auto architecture = root.text({"architecture"})) {
      hints.architecture = architecture->value;
      hints.words += " architecture:" + architecture->value;
      if (const auto tag = root.text({"pretrained_cfg.tag"})) hints.words += "." + tag->value;
    }
    if (const auto type = root.text({"model_type"})) hints.words += " " + type->value;
    const Json* vision = config->find("vision_config");
    read_network(vision != nullptr ? JsonFile(*vision, "vision_config of " + name) : root, hints);
    read_input(root, hints);
    read_labels(root, hints);
  }
  if (const auto clip = read_beside(file, "open_clip_config.json")) {
    const JsonFile root(*clip, "open_clip_config.json");
    hints.words += " open_clip";
    if (const Json* tower = clip->find_path("model_cfg.vision_cfg")) {
      read_network(JsonFile(*tower, "vision_cfg of open_clip_config.json"), hints);
    }
    if (const auto trunk = root.text({"model_cfg.vision_cfg.timm_model_name"})) {
      hints.architecture = trunk->value;
      hints.words += " " + trunk->value;
    } else {
      hints.activation = root.is_true("model_cfg.quick_gelu", false)
                             ? Hint<Activation>{Activation::quick_gelu, "quick_gelu in open_clip_config.json"}
                             : Hint<Activation>{Activation::gelu, "no quick_gelu in open_clip_config.json"};
    }
    read_input(root, hints);
  }
  if (const auto processor = read_beside(file, "preprocessor_config.json")) {
    read_preprocessor(JsonFile(*processor, "preprocessor_config.json"), hints);
  }
  return hints;
}

}  // namespace vit
