// load_model: opens a checkpoint, finds out what it is, and packs its weights.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <new>
#include <optional>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/checkpoint/family.h"
#include "engine/checkpoint/load_model.h"
#include "engine/checkpoint/model_facts.h"
#include "engine/checkpoint/model_hints.h"
#include "engine/checkpoint/model_tensors.h"
#include "engine/checkpoint/random_model.h"
#include "engine/containers/tensor_file.h"
#include "engine/containers/tensor_file_sharded.h"
#include "engine/network/model.h"

namespace vit {
namespace {

std::atomic<std::uint64_t> last_id{0};

/// One load from detection to packed weights.
class Loader {
 public:
  Loader(const TensorFile& file, ModelHints hints, const LoadOptions& options,
         const std::function<void(double)>& progress)
      : file_(file),
        hints_(std::move(hints)),
        options_(options),
        progress_(progress),
        detected_(detect_family(file, hints_.words, options.family.value_or(""))),
        tensors_(file, detected_, [this](std::int64_t count) { hear(count); }),
        model_(std::make_shared<Model>()) {}

  std::shared_ptr<const Model> load() {
    read_sizes();
    decide();
    validate(config());
    check_weights_fit();
    read_weights();
    finish_report();
    return model_;
  }

 private:
  ModelConfig& config() { return model_->config; }
  LoadReport& report() { return model_->report; }
  const FamilyNames& names() const { return *detected_.family->names; }

  void read_sizes();
  bool has_gate() const { return tensors_.find(tensors_.in_block(names().gate), 0, "weight").has_value(); }
  void read_patch_size();
  void read_prefix_tokens();
  void read_grid();
  void drop_foreign_hints();
  void decide();
  void check_weights_fit() const;
  void read_weights();
  void read_tokens();
  void read_positions();
  BlockWeights read_block(int block);
  void finish_report();

  void hear(std::int64_t count) {
    report().parameters += count;
    if (progress_ && total_ > 0) progress_(std::min(1.0, static_cast<double>(report().parameters) / total_));
  }
  int size_of_vector(const std::string& name) const {
    return static_cast<int>(std::min<std::int64_t>(tensors_.elements(name), 1 << 30));
  }
  std::optional<std::string> find_vector(const char* pattern) const { return tensors_.find(pattern, 0, "weight"); }

  const TensorFile& file_;
  ModelHints hints_;
  const LoadOptions& options_;
  const std::function<void(double)>& progress_;
  DetectedFamily detected_;
  ModelTensors tensors_;
  std::shared_ptr<Model> model_;
  double total_ = 0;         // elements in the file
  int stored_heads_ = 0;     // where the query's shape keeps heads apart
  int position_prefix_ = 0;  // leading rows of the stored positions that belong to prefix tokens
  std::optional<std::string> position_name_;
};

void Loader::read_sizes() {
  ModelConfig& c = config();
  for (const auto& [name, entry] : file_.entries()) total_ += static_cast<double>(entry.elements());
  c.family = detected_.family->name;
  c.qkv_bias = false;
  c.architecture = hints_.architecture;
  c.channels = size_of_vector(tensors_.require(tensors_.in_block(names().norm1), 0, "norm"));
  while (tensors_.find(tensors_.in_block(names().norm1), c.depth, "norm")) ++c.depth;
  read_patch_size();

  const auto [fc2_outputs, fc2_inputs] =
      tensors_.linear_shape(tensors_.require(tensors_.in_block(names().fc2), 0, "weight"));
  const auto [fc1_outputs, fc1_inputs] =
      tensors_.linear_shape(tensors_.require(tensors_.in_block(names().fc1), 0, "weight"));
  c.hidden = static_cast<int>(std::min<std::int64_t>(fc2_inputs, 1 << 30));
  c.swiglu = has_gate() || fc1_outputs == 2 * fc2_inputs;

  for (const char* pattern : {names().qkv, names().query, names().value, names().query_bias}) {
    if (tensors_.find(tensors_.in_block(pattern), 0, "bias")) c.qkv_bias = true;
  }
  if (names().inputs_first && *names().query != '\0') {
    const auto& shape = tensors_.shape(tensors_.require(tensors_.in_block(names().query), 0, "weight"));
    if (shape.size() == 3 && shape[1] > 0 && shape[1] <= c.channels) stored_heads_ = static_cast<int>(shape[1]);
  }
  c.patch_bias = tensors_.find(names().patch, 0, "bias").has_value();
  c.layer_scale = tensors_.find(tensors_.in_block(names().scale1), 0, "weight").has_value();
  c.attn_norm = tensors_.find(tensors_.in_block(names().attn_norm), 0, "norm").has_value();
  c.mlp_norm = tensors_.find(tensors_.in_block(names().mlp_norm), 0, "norm").has_value();
  c.norm_pre = tensors_.find(names().norm_pre, 0, "norm").has_value();
  c.fc_norm = tensors_.find(names().fc_norm, 0, "norm").has_value();
  c.final_norm = tensors_.find(names().norm, 0, "norm").has_value();

  if (const auto head = tensors_.find(names().head, 0, "weight")) {
    const auto [classes, inputs] = tensors_.linear_shape(*head);
    if (find_vector(names().pooling_head)) {
      report().facts.push_back({"head", "left out", Source::read,
                                "it reads an attention-pooling head (\"" + *find_vector(names().pooling_head) +
                                    "\"), which a plain ViT has not"});
    } else if (inputs == c.channels) {
      c.classes = static_cast<int>(std::min<std::int64_t>(classes, 1 << 30));
    } else {
      report().facts.push_back({"head", "left out", Source::read,
                                "\"" + *head + "\" reads " + std::to_string(inputs) + " numbers, not one token's " +
                                    std::to_string(c.channels)});
    }
  }
  read_prefix_tokens();
  read_grid();
}

void Loader::read_patch_size() {
  const std::string name = tensors_.require(names().patch, 0, "weight");
  std::vector<std::int64_t> shape = tensors_.shape(name);
  if (shape.size() == 4 && names().channels_last) shape = {shape[3], shape[2], shape[0], shape[1]};
  const std::string tensor = "Tensor \"" + name + "\" of " + file_.path().string();
  if (shape.size() != 4) throw Error(tensor + " is no convolution over patches, which a plain ViT begins with.");
  if (shape[1] != 3)
    throw Error(tensor + " reads " + std::to_string(shape[1]) + " colour channels; only RGB is supported.");
  if (shape[2] != shape[3]) throw Error(tensor + " has patches that are not square, which is not supported.");
  if (shape[0] != config().channels)
    throw Error(tensor + " does not make " + std::to_string(config().channels) + " channels.");
  config().patch_px = static_cast<int>(std::min<std::int64_t>(shape[2], 1 << 20));
}

void Loader::read_prefix_tokens() {
  ModelConfig& c = config();
  c.class_token = find_vector(names().class_token).has_value();
  c.distillation_token = find_vector(names().distillation_token).has_value();
  if (const auto registers = find_vector(names().registers)) {
    c.registers = static_cast<int>(std::min<std::int64_t>(tensors_.elements(*registers) / c.channels, 1 << 20));
  }
  const bool two_heads = c.distillation_token && c.classes > 0 && tensors_.find(names().head_distilled, 0, "weight");
  c.pool = two_heads ? ModelConfig::Pool::mean_with_distilled : ModelConfig::Pool::class_token;
}

/// The rows of the stored positions are those of some prefix tokens and a square of patches (or the rectangle that
/// the input size beside the file gives).
void Loader::read_grid() {
  ModelConfig& c = config();
  c.position = detected_.family->position;
  if (!c.position.learned) {
    const int usual = detected_.family->input.input_px;
    const auto [height, width] = hints_.input_px ? hints_.input_px->value : std::pair(usual, usual);
    c.grid_height = std::max(1, height / c.patch_px);
    c.grid_width = std::max(1, width / c.patch_px);
    if (hints_.rope_base) c.position.rope_base = hints_.rope_base->value;
    return;
  }
  position_name_ = find_vector(names().position);
  if (!position_name_) {
    throw Error(file_.path().string() + " has no position embedding (\"" + detected_.prefix +
                spell(names().position, 0, "weight").front() + "\"), which " + c.family + " needs.");
  }
  const std::int64_t elements = tensors_.elements(*position_name_);
  const std::int64_t rows = elements / c.channels;
  if (rows * c.channels != elements || rows < 1 || rows > (1 << 24)) {
    throw Error("Tensor \"" + *position_name_ + "\" of " + file_.path().string() + " is no list of positions of " +
                std::to_string(c.channels) + " channels.");
  }
  const int special = (c.class_token ? 1 : 0) + (c.distillation_token ? 1 : 0);
  for (const int prefix : {special, 0, special + c.registers}) {
    const std::int64_t patches = rows - prefix;
    if (patches < 1) continue;
    const auto side = static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(patches))));
    if (side * side == patches) {
      c.grid_height = c.grid_width = static_cast<int>(side);
    } else if (hints_.input_px && static_cast<std::int64_t>(hints_.input_px->value.first / c.patch_px) *
                                          (hints_.input_px->value.second / c.patch_px) ==
                                      patches) {
      c.grid_height = hints_.input_px->value.first / c.patch_px;
      c.grid_width = hints_.input_px->value.second / c.patch_px;
    } else {
      continue;
    }
    position_prefix_ = prefix;
    c.position.covers_prefix = prefix > 0;
    return;
  }
  throw Error("Tensor \"" + *position_name_ + "\" of " + file_.path().string() + " has " + std::to_string(rows) +
              " positions, which are no square of patches: name the image_size in a config.json beside the file.");
}

/// A config.json in the same folder may belong to another checkpoint: sizes tell.
void Loader::drop_foreign_hints() {
  const ModelConfig& c = config();
  const auto contradicts = [](const std::optional<Hint<int>>& hint, int value) { return hint && hint->value != value; };
  const Hint<int>* culprit = contradicts(hints_.channels, c.channels)   ? &*hints_.channels
                             : contradicts(hints_.depth, c.depth)       ? &*hints_.depth
                             : contradicts(hints_.patch_px, c.patch_px) ? &*hints_.patch_px
                                                                        : nullptr;
  if (culprit == nullptr) return;
  report().facts.push_back(
      {"config", "ignored", Source::read,
       culprit->reason + " says " + std::to_string(culprit->value) + ", which contradicts the tensors"});
  ModelHints kept;
  kept.words = hints_.words;
  hints_ = std::move(kept);
  config().architecture.clear();
}

void Loader::decide() {
  drop_foreign_hints();
  const Family& family = *detected_.family;
  decide_heads(config(), report(), options_, hints_, stored_heads_);
  decide_eps(config(), report(), options_, hints_, family);
  decide_activation(config(), report(), options_, hints_, family);
  decide_pool(config(), report(), hints_, config().fc_norm, config().classes > 0);
  note_position_rule(config(), report(), family);
  model_->preprocessing = decide_preprocessing(config(), report(), hints_, family);
  model_->labels = decide_labels(config(), report(), options_, hints_);
}

void Loader::check_weights_fit() const {
  const ModelConfig& c = model_->config;
  const double channels = c.channels, hidden = c.hidden;
  const double block = 4 * channels * channels + (c.swiglu ? 3 : 2) * channels * hidden;
  const double bytes = sizeof(float) * (c.depth * block + channels * (c.classes + 3.0 * c.patch_px * c.patch_px));
  const double available = static_cast<double>(available_memory());
  if (bytes <= available) return;
  throw Error("The weights of " + file_.path().string() + " need " + std::to_string(std::llround(bytes / 1e6)) +
              " MB as F32, but only " + std::to_string(std::llround(available / 1e6)) +
              " MB of memory are free: close other programs or use a smaller network.");
}

void Loader::read_weights() {
  const ModelConfig& c = config();
  model_->patch_embed = tensors_.patch_embedding(c.channels, c.patch_px);
  read_tokens();
  read_positions();
  model_->norm_pre = tensors_.optional_norm(names().norm_pre, c.channels);
  for (int i = 0; i < c.depth; ++i) model_->blocks.push_back(read_block(i));
  model_->norm = tensors_.optional_norm(names().norm, c.channels);
  model_->fc_norm = tensors_.optional_norm(names().fc_norm, c.channels);
  if (c.classes > 0) {
    model_->head = tensors_.linear(names().head, 0, c.classes, c.channels, 1);
    if (c.pool == ModelConfig::Pool::mean_with_distilled) {
      model_->head_distilled = tensors_.linear(names().head_distilled, 0, c.classes, c.channels, 1);
    }
  }
}

void Loader::read_tokens() {
  const ModelConfig& c = config();
  model_->prefix = Matrix(c.prefix_tokens(), c.channels);
  int row = 0;
  const auto append = [&](const char* pattern, int count) {
    const std::vector<float> values =
        tensors_.vector(*find_vector(pattern), static_cast<std::int64_t>(count) * c.channels);
    for (int i = 0; i < count; ++i) {
      std::copy_n(values.data() + static_cast<std::ptrdiff_t>(i) * c.channels, c.channels, model_->prefix.row(row++));
    }
  };
  if (c.class_token) append(names().class_token, 1);
  if (c.distillation_token) append(names().distillation_token, 1);
  if (c.registers > 0) append(names().registers, c.registers);
}

void Loader::read_positions() {
  const ModelConfig& c = config();
  if (!position_name_) return;
  const int patches = c.grid_height * c.grid_width;
  const std::vector<float> values =
      tensors_.vector(*position_name_, static_cast<std::int64_t>(position_prefix_ + patches) * c.channels);
  model_->position = Matrix(c.prefix_tokens() + patches, c.channels);
  for (int i = 0; i < position_prefix_ + patches; ++i) {
    // Registers stand between the class token and the patches, mostly without positions of their own.
    const int row = i < position_prefix_ ? i : c.prefix_tokens() + i - position_prefix_;
    std::copy_n(values.data() + static_cast<std::ptrdiff_t>(i) * c.channels, c.channels, model_->position.row(row));
  }
}

BlockWeights Loader::read_block(int block) {
  const ModelConfig& c = config();
  const auto in_block = [this](const char* pattern) { return tensors_.in_block(pattern); };
  BlockWeights w;
  w.norm1 = tensors_.norm(in_block(names().norm1), block, c.channels);
  const bool apart = *names().query != '\0' && !tensors_.find(in_block(names().qkv), block, "weight");
  w.qkv = !apart ? tensors_.joined_in_file(block, c.channels)
                 : tensors_.joined({in_block(names().query), in_block(names().key), in_block(names().value)}, block,
                                   c.channels, c.channels, 3);
  w.proj = tensors_.linear(in_block(names().proj), block, c.channels, c.channels, 1);
  if (c.attn_norm) w.attn_norm = tensors_.norm(in_block(names().attn_norm), block, c.channels);
  w.norm2 = tensors_.norm(in_block(names().norm2), block, c.channels);
  w.fc1 = has_gate() ? tensors_.joined({in_block(names().gate), in_block(names().fc1)}, block, c.hidden, c.channels, 1)
                     : tensors_.linear(in_block(names().fc1), block, (c.swiglu ? 2 : 1) * c.hidden, c.channels, 1);
  if (c.mlp_norm) w.mlp_norm = tensors_.norm(in_block(names().mlp_norm), block, c.hidden);
  w.fc2 = tensors_.linear(in_block(names().fc2), block, c.channels, c.hidden, 1);
  if (c.layer_scale) {
    w.layer_scale1 = tensors_.vector(tensors_.require(in_block(names().scale1), block, "weight"), c.channels);
    w.layer_scale2 = tensors_.vector(tensors_.require(in_block(names().scale2), block, "weight"), c.channels);
  }
  return w;
}

void Loader::finish_report() {
  LoadReport& r = report();
  r.file = file_.path().string();
  r.format = file_.format();
  r.family = detected_.family->name;
  r.reason = detected_.reason;
  r.used = tensors_.used();
  r.unused = tensors_.unused();
  r.weight_bytes = model_->patch_embed.bytes() + model_->position.bytes() + model_->prefix.bytes();
  for (const BlockWeights& block : model_->blocks) {
    r.weight_bytes += block.qkv.bytes() + block.proj.bytes() + block.fc1.bytes() + block.fc2.bytes();
    r.weight_bytes += sizeof(float) * static_cast<std::size_t>(4 + (config().layer_scale ? 2 : 0)) * config().channels;
  }
  if (model_->head) r.weight_bytes += model_->head->bytes();
  if (model_->head_distilled) r.weight_bytes += model_->head_distilled->bytes();
  if (!config().patch_bias) r.missing.push_back("bias of the patch embedding");
  if (!config().qkv_bias) r.missing.push_back("biases of query, key and value");
  if (!config().final_norm && !config().fc_norm) r.missing.push_back("last norm");
  model_->id = ++last_id;
  if (progress_) progress_(1.0);
}

/// Where a source's tensors are, and what its surroundings say.
std::pair<std::shared_ptr<const TensorFile>, ModelHints> open_source(const std::string& source) {
  if (!is_random_source(source)) {
    std::filesystem::path file = source;
    std::error_code error;
    if (std::filesystem::is_directory(file, error)) file = checkpoint_in(file);
    auto tensors = file.string().ends_with(".index.json") ? open_sharded(file) : open_tensor_file(file);
    return {std::move(tensors), read_hints(file)};
  }
  const RandomSpec spec = parse_random_spec(source);
  ModelHints hints;
  hints.num_heads = {spec.num_heads, "h in " + source};
  return {random_tensor_file(spec), std::move(hints)};
}

}  // namespace

std::shared_ptr<const Model> load_model(const std::string& source, const LoadOptions& options,
                                        const std::function<void(double)>& progress) {
  try {
    auto [file, hints] = open_source(source);
    return Loader(*file, std::move(hints), options, progress).load();
  } catch (const std::bad_alloc&) {
    throw Error("There is not enough memory to load " + source + ": use a smaller network.");
  }
}

}  // namespace vit
