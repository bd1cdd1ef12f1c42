// What the tensors themselves say: sizes, prefix tokens, head, the grid of the stored positions.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "engine/base/error.h"
#include "engine/checkpoint/loader.h"
#include "engine/checkpoint/model_facts.h"
#include "engine/checkpoint/stored_grid.h"

namespace vit {

void Loader::read_sizes() {
  ModelConfig& c = config();
  for (const auto& [name, entry] : file_.entries()) total_ += static_cast<double>(entry.elements());
  c.family = detected_.family->name;
  c.position = detected_.family->position;
  c.qkv_bias = false;
  c.architecture = hints_.architecture;
  c.channels = size_of_vector(tensors_.require(tensors_.in_block(names().norm1), 0, "norm"));
  while (tensors_.find(tensors_.in_block(names().norm1), c.depth, "norm")) ++c.depth;
  read_patch_size();

  const auto [fc2_outputs, fc2_inputs] =
      tensors_.linear_shape(tensors_.require(tensors_.in_block(names().fc2), 0, "weight"));
  c.hidden = static_cast<int>(std::min<std::int64_t>(fc2_inputs, 1 << 30));
  if (*names().joined_in == '\0') {
    const auto [fc1_outputs, fc1_inputs] =
        tensors_.linear_shape(tensors_.require(tensors_.in_block(names().fc1), 0, "weight"));
    c.swiglu = has_gate() || fc1_outputs == 2 * fc2_inputs;
  }
  c.order = detected_.family->order;
  c.qk_norm = tensors_.find(tensors_.in_block(names().q_norm), 0, "norm").has_value();
  if (const auto mix = tensors_.find(tensors_.in_block(names().mix_scores), 0, "weight")) {
    c.talking_heads = true;
    stored_heads_ = static_cast<int>(std::clamp<std::int64_t>(tensors_.linear_shape(*mix).first, 1, c.channels));
  }

  for (const char* pattern : {names().qkv, names().query, names().value, names().query_bias, names().joined_in}) {
    if (tensors_.find(tensors_.in_block(pattern), 0, "bias")) c.qkv_bias = true;
  }
  if (names().inputs_first && *names().query != '\0') {
    const auto& shape = tensors_.shape(tensors_.require(tensors_.in_block(names().query), 0, "weight"));
    if (shape.size() == 3 && shape[1] > 0 && shape[1] <= c.channels) stored_heads_ = static_cast<int>(shape[1]);
  }
  c.patch_bias = tensors_.find(names().patch, 0, "bias").has_value();
  c.patch_pad = detected_.family->patch_pad;
  c.layer_scale = tensors_.find(tensors_.in_block(names().scale1), 0, "weight").has_value();
  c.attn_norm = tensors_.find(tensors_.in_block(names().attn_norm), 0, "norm").has_value();
  c.mlp_norm = tensors_.find(tensors_.in_block(names().mlp_norm), 0, "norm").has_value();
  if (const auto pixels = tensors_.find(names().patch_norm, 0, "norm")) {
    c.patch_norm = tensors_.shape(*pixels).size() == 1;  // else the layer itself, in files of early versions
  }
  c.embed_norm = tensors_.find(names().embed_norm, 0, "norm").has_value();
  c.norm_pre = tensors_.find(names().norm_pre, 0, "norm").has_value();
  c.fc_norm = tensors_.find(names().fc_norm, 0, "norm").has_value();
  c.final_norm = tensors_.find(names().norm, 0, "norm").has_value();
  if (const auto bias = tensors_.find(names().norm, 0, "bias"); bias && !c.final_norm) {
    throw Error("Tensor \"" + *bias + "\" of " + file_.path().string() +
                " is the bias of a norm whose weight is missing: the file is incomplete.");
  }

  if (const auto periods = tensors_.find(kRopePeriods, 0, "weight")) {
    // Two coordinates, and two channels turn together: four channels of a head for each period.
    const std::int64_t width = 4 * tensors_.elements(*periods);
    if (width > 0 && width <= c.channels && c.channels % width == 0)
      stored_heads_ = c.channels / static_cast<int>(width);
  }
  if (const auto norm = tensors_.find(tensors_.in_block(names().q_norm), 0, "norm")) {
    const std::int64_t width = tensors_.elements(*norm);
    if (width > 0 && width <= c.channels && c.channels % width == 0)
      stored_heads_ = static_cast<int>(c.channels / width);
  }
  read_prefix_tokens();
  read_axis_positions();
  read_head();
  if (c.classes > 0 && c.distillation_token) {
    const bool weight = tensors_.find(names().head_distilled, 0, "weight").has_value();
    if (weight != tensors_.find(names().head_distilled, 0, "bias").has_value()) {
      throw Error(file_.path().string() + " has one of weight and bias of the distillation token's head (\"" +
                  spell(names().head_distilled, 0, weight ? "weight" : "bias").front() +
                  "\") and not the other: the file is incomplete.");
    }
    if (weight) c.pool = ModelConfig::Pool::mean_with_distilled;
  }
  read_pool_sizes();
  read_grid();
  if (const auto mid = find_vector(names().mid_positions)) {
    const std::int64_t rows = c.prefix_tokens() + std::int64_t{c.grid_height} * c.grid_width;
    if (tensors_.elements(*mid) != (c.depth - 1) * rows * c.channels)
      throw Error("Tensor \"" + *mid + "\" of " + file_.path().string() + " does not hold " + std::to_string(rows) +
                  " positions for each of " + std::to_string(c.depth - 1) + " blocks: the file is incomplete.");
    c.mid_positions = c.depth > 1;
  }
}

/// An attention-pooling head, unless the family's classifier reads the tokens themselves.
void Loader::read_pool_sizes() {
  ModelConfig& c = config();
  if (tensors_.find(names().class_query, 0, "weight")) return read_class_blocks_sizes();
  if (!find_vector(names().pool_query) || (c.classes > 0 && detected_.family->pool_mean)) return;
  c.pool = ModelConfig::Pool::attention;
  if (const auto fc1 = tensors_.find(names().pool_fc1, 0, "weight")) {
    c.pool_hidden = static_cast<int>(std::min<std::int64_t>(tensors_.linear_shape(*fc1).first, 1 << 19));
  }
}

/// A head that reads one token or the mean of some, or both one after the other; else it is left out, and the report
/// says so.
void Loader::read_head() {
  ModelConfig& c = config();
  const auto head = tensors_.find(names().head, 0, "weight");
  if (!head) {
    if (const auto bias = tensors_.find(names().head, 0, "bias")) {
      throw Error("Tensor \"" + *bias + "\" of " + file_.path().string() +
                  " is the bias of a head whose weight is missing: the file is incomplete.");
    }
    if (!read_layered_head()) c.classes = 0;
    return;
  }
  const auto [classes, inputs] = tensors_.linear_shape(*head);
  const auto leave_out = [&](const std::string& why) {
    report().facts.push_back({"head", "left out", Source::read, why});
  };
  if (detected_.family->windows && tensors_.find(kNeck, 0, "weight"))
    return leave_out("\"" + *head + "\" reads what the neck's convolutions make of the patches");
  if (tensors_.shape(*head).size() > 2)
    return leave_out("\"" + *head + "\" is a convolution, which makes classes of every patch (segmentation)");
  // Hugging Face's own classes have no pooler where they classify; elsewhere it may stand before the head.
  if (const auto pooler = tensors_.find("pooler.dense.*", 0, "weight"); pooler && !hints_.plain_classifier)
    return leave_out("there is a pooler, too (\"" + *pooler + "\"), and no file says whether \"" + *head +
                     "\" reads it");
  const bool before = read_pre_logits(inputs);
  const bool both = inputs == 2 * static_cast<std::int64_t>(c.channels) && c.class_token;
  if (inputs != c.channels && !both && !before) {
    return leave_out("\"" + *head + "\" reads " + std::to_string(inputs) + " numbers, not one token's " +
                     std::to_string(c.channels));
  }
  if (!tensors_.find(names().head, 0, "bias")) {
    throw Error(
        "Tensor \"" + *head + "\" of " + file_.path().string() +
        " is a head without a bias: the file is incomplete, or of a head that has none, which is not supported.");
  }
  c.classes = static_cast<int>(std::min<std::int64_t>(classes, 1 << 30));
  if (both && !before) c.pool = ModelConfig::Pool::class_and_mean;
  head_ = names().head;
}

/// The layer and hyperbolic tangent that the first Vision Transformers have before their head, whose inputs it makes.
bool Loader::read_pre_logits(std::int64_t inputs) {
  ModelConfig& c = config();
  const auto weight = tensors_.find(names().pre_logits, 0, "weight");
  const auto bias = tensors_.find(names().pre_logits, 0, "bias");
  if (!weight && !bias) return false;
  const std::string path = file_.path().string();
  if (!weight || !bias)
    throw Error(path + " has one of weight and bias of the layer before the head (\"" + (weight ? *weight : *bias) +
                "\") and not the other: the file is incomplete.");
  const auto [hidden, read] = tensors_.linear_shape(*weight);
  if (hidden != inputs || read != c.channels)
    throw Error("Tensor \"" + *weight + "\" of " + path + " makes " + std::to_string(hidden) + " numbers of " +
                std::to_string(read) + ", where the head reads " + std::to_string(inputs) + " and a token has " +
                std::to_string(c.channels) + ": the file was put together from two networks.");
  c.head_hidden = static_cast<int>(std::min<std::int64_t>(hidden, 1 << 19));
  c.head_tanh = true;
  head_hidden_ = names().pre_logits;
  report().facts.push_back({"head", "two layers, tanh between them", Source::implied,
                            "\"" + *weight + "\" stands before it, as in the first Vision Transformers"});
  return true;
}

/// torch.nn.Sequential(Linear, activation, Linear) in place of one Linear: "head.0.weight", "head.2.weight".
bool Loader::read_layered_head() {
  ModelConfig& c = config();
  for (const std::string& stem : spell(names().head, 0, "")) {
    if (stem.empty()) continue;
    const std::string first = stem + "0.*";
    for (const char* last : {"2.*", "3.*"}) {
      const std::string second = stem + last;
      const auto a = tensors_.find(first, 0, "weight"), b = tensors_.find(second, 0, "weight");
      if (!a || !b || tensors_.shape(*a).size() != 2 || tensors_.shape(*b).size() != 2) continue;
      if (tensors_.find(stem + "1.*", 0, "weight")) continue;  // a norm between them
      const auto [hidden, inputs] = tensors_.linear_shape(*a);
      const auto [classes, between] = tensors_.linear_shape(*b);
      if (inputs != c.channels || between != hidden || hidden > (1 << 19)) continue;
      c.classes = static_cast<int>(std::min<std::int64_t>(classes, 1 << 30));
      c.head_hidden = static_cast<int>(hidden);
      c.head_activation = Activation::gelu;
      report().facts.push_back(
          {"head", "two layers, GELU (erf) between them", Source::guessed,
           "the file does not say which activation stands between \"" + *a + "\" and \"" + *b + "\""});
      head_hidden_ = first;
      head_ = second;
      return true;
    }
  }
  return false;
}

void Loader::read_patch_size() {
  const std::string name = tensors_.require(names().patch, 0, "weight");
  std::vector<std::int64_t> shape = tensors_.shape(name);
  if (shape.size() == 4 && names().channels_last) {
    shape = {shape[3], shape[2], shape[0], shape[1]};
  } else if (shape.size() == 4 && shape[1] == shape[2] && shape[1] != 3 && (shape[3] == 3 || shape[3] == 1)) {
    shape = {shape[0], shape[3], shape[1], shape[2]};  // MLX keeps the channels last
  }
  const std::string tensor = "Tensor \"" + name + "\" of " + file_.path().string();
  if (shape.size() == 2 && (names().patch_rows || names().patch_planes)) {
    const std::int64_t channels = shape[1] % 3 == 0 ? 3 : 1;
    const std::int64_t area = shape[1] / channels;
    const auto side = static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(area))));
    if (side * side * channels != shape[1])
      throw Error(tensor + " has patches that are not square, which is not supported.");
    shape = {shape[0], channels, side, side};
  }
  if (shape.size() == 5) throw Error(tensor + " reads pictures in time (video), which is not supported.");
  if (shape.size() == 2) {
    throw Error(tensor + " takes patches as a sequence, which is known of SigLIP 2 NaFlex and timm's NaFlexViT alone.");
  }
  if (shape.size() != 4) throw Error(tensor + " is no convolution over patches, which a plain ViT begins with.");
  if (shape[1] != 3 && shape[1] != 1) {
    throw Error(tensor + " reads " + std::to_string(shape[1]) +
                " colour channels; pictures have three (RGB) or one (luminance).");
  }
  config().input_channels = static_cast<int>(shape[1]);
  if (shape[2] != shape[3]) throw Error(tensor + " has patches that are not square, which is not supported.");
  if (shape[0] != config().channels)
    throw Error(tensor + " does not make " + std::to_string(config().channels) + " channels.");
  config().patch_px = static_cast<int>(std::min<std::int64_t>(shape[2], 1 << 20));
}

void Loader::read_prefix_tokens() {
  ModelConfig& c = config();
  for (const char* pattern : detected_.family->always) tensors_.require(pattern, 0, "weight");
  const auto class_token = find_vector(names().class_token);
  c.class_token = class_token && tensors_.elements(*class_token) > 0;
  const auto count_of = [&](const std::string& name) {
    return static_cast<int>(std::min<std::int64_t>(tensors_.elements(name) / c.channels, 1 << 20));
  };
  if (c.class_token && detected_.family->class_tokens) c.more_class_tokens = std::max(count_of(*class_token), 1) - 1;
  if (const auto detection = find_vector(names().detection_tokens)) c.detection_tokens = count_of(*detection);
  c.distillation_token = find_vector(names().distillation_token).has_value();
  if (const auto registers = find_vector(names().registers)) {
    c.registers = count_of(*registers);
  }
  // RADIO keeps its registers behind the class tokens, in the same tensor.
  if (c.class_token && c.position.of_square) {
    const int all = c.class_tokens();
    if (hints_.class_tokens && hints_.class_tokens->value > all)
      throw Error(file_.path().string() + " has " + std::to_string(all) + " tokens before its patches, but " +
                  hints_.class_tokens->reason + " says that " + std::to_string(hints_.class_tokens->value) +
                  " of them are class tokens: the file is incomplete, or the other one belongs to another network.");
    if (hints_.class_tokens) {
      shared_registers_ = c.registers = all - hints_.class_tokens->value;
      c.more_class_tokens = hints_.class_tokens->value - 1;
    }
    report().facts.push_back(
        {"tokens", std::to_string(c.class_tokens()) + " of classes, " + std::to_string(c.registers) + " registers",
         hints_.class_tokens ? Source::read : Source::guessed,
         hints_.class_tokens ? hints_.class_tokens->reason
                             : "no file says how many of the tokens before the patches are registers"});
  }
  c.pool = ModelConfig::Pool::class_token;
}

/// Networks that may have relative positions: which they have, and for how many patches.
void Loader::read_relative_grid() {
  ModelConfig& c = config();
  const std::string path = file_.path().string();
  const auto own = tensors_.find(tensors_.in_block(names().relative_bias), 0, "weight");
  const auto shared = find_vector(names().shared_relative_bias);
  c.position.learned = position_name_.has_value();
  if (c.axis_positions && !own && !shared) return read_axis_grid();
  if (read_relative_mlp()) return;
  if (!own && !shared) {
    if (c.position.learned) return;
    throw Error(path + " has neither positions (\"" + detected_.prefix + names().position +
                "\") nor relative positions, one of which " + c.family + " needs: the file is incomplete.");
  }
  if (own && shared) {
    throw Error(path + " has relative positions of its blocks (\"" + *own + "\") and shared ones (\"" + *shared +
                "\"): networks with both are not supported.");
  }
  c.relative_bias = own ? ModelConfig::RelativeBias::of_each_block : ModelConfig::RelativeBias::shared;
  const std::string& name = own ? *own : *shared;
  const auto& shape = tensors_.shape(name);
  if (shape.size() != 2 || shape[1] < 1 || shape[1] > c.channels || c.channels % shape[1] != 0) {
    throw Error("Tensor \"" + name + "\" of " + path + " is no table of relative positions for each head.");
  }
  stored_heads_ = static_cast<int>(shape[1]);
  const StoredGrid grid = grid_of_ways(shape[0] + (c.class_token ? 0 : 3), c.patch_px, options_.grid, hints_.input_px,
                                       "Tensor \"" + name + "\" of " + path);
  c.grid_height = grid.height;
  c.grid_width = grid.width;
  if (c.position.learned) return;
  report().facts.push_back(
      {"grid", std::to_string(grid.width) + "×" + std::to_string(grid.height) + " patches", grid.source, grid.reason});
}

/// How queries and keys turn by their place: as the family has it, or as a known name or a configuration says.
void Loader::read_rotary() {
  ModelConfig& c = config();
  PositionRule& rule = c.position;
  const Architecture* named = known_architecture(hints_, c);
  const bool says = named != nullptr && named->rope_base > 0;
  if (rule.rotary == PositionRule::Rotary::none) {
    if (!says) return;
    throw Error(file_.path().string() + " has the tensors of " + c.family + ", but timm's " + named->name +
                " turns queries and keys by their place: the file is incomplete, or its name is another network's.");
  }
  if (const auto learned = tensors_.find(names().rope_frequencies, 0, "weight")) {
    // (2, L, h, d/2), or (2, L, C/2)
    const auto& shape = tensors_.shape(*learned);
    if (tensors_.elements(*learned) != std::int64_t{c.depth} * c.channels)
      throw Error("Tensor \"" + *learned + "\" of " + file_.path().string() +
                  " does not hold the speeds of two axes for all heads of all blocks.");
    if (shape.size() == 4) stored_heads_ = static_cast<int>(std::min<std::int64_t>(shape[2], c.channels));
  }
  if (const auto angles = find_vector(names().rope_class)) {
    // Two channels turn by each angle.
    const std::int64_t width = 2 * tensors_.elements(*angles);
    if (width > 0 && width <= c.channels && c.channels % width == 0)
      stored_heads_ = static_cast<int>(c.channels / width);
  }
  if (says && !rule.learned_speeds) {
    rule.rope_base = named->rope_base;
    rule.rope_place = named->rope_side > 0 ? PositionRule::Place::scaled : PositionRule::Place::counted;
    rule.rope_side = named->rope_side;
    rule.rope_offset = named->rope_offset;
    rule.rope_columns_first = named->rope_columns_first;
  } else if (detected_.family->rope_own_grid) {
    rule.rope_side = c.grid_height;
    rule.rope_offset = c.class_token ? 1 : 0;
    report().facts.push_back({"network", "rotary positions over its own grid", Source::guessed,
                              "no file says for how many patches its rotary positions were trained"});
  }
  if (hints_.rope_base) rule.rope_base = hints_.rope_base->value;
}

void Loader::read_grid() {
  ModelConfig& c = config();
  if (!c.position.learned) {
    const int usual = detected_.family->input.input_px;
    const auto [height, width] = hints_.input_px ? hints_.input_px->value : std::pair(usual, usual);
    c.grid_height = std::max(1, height / c.patch_px);
    c.grid_width = std::max(1, width / c.patch_px);
    return;
  }
  position_name_ = find_vector(names().position);
  if (detected_.family->position_optional) read_relative_grid();
  if (!c.position.learned) return;
  if (!position_name_) {
    throw Error(file_.path().string() + " has no position embedding (\"" + detected_.prefix +
                spell(names().position, 0, "weight").front() + "\"), which " + c.family + " needs.");
  }
  const std::int64_t elements = tensors_.elements(*position_name_);
  const std::int64_t rows = elements / c.channels - c.detection_tokens;
  if ((rows + c.detection_tokens) * c.channels != elements || rows < 1 || rows > (1 << 24)) {
    throw Error("Tensor \"" + *position_name_ + "\" of " + file_.path().string() + " is no list of positions of " +
                std::to_string(c.channels) + " channels.");
  }
  // Positions that lie as a grid say its size; ViTDet's are of the network that it was trained from.
  auto stored_px = hints_.input_px;
  if (detected_.family->position_grid) {
    const auto& shape = tensors_.shape(*position_name_);
    stored_px = {{static_cast<int>(shape[1]) * c.patch_px, static_cast<int>(shape[2]) * c.patch_px},
                 "the shape of \"" + *position_name_ + "\""};
  } else if (detected_.family->position_of_unused) {
    stored_px.reset();
  }
  const StoredGrid grid = stored_grid(
      {.rows = rows,
       .special = detected_.family->position_of_unused        ? 1
                  : !detected_.family->position.covers_prefix ? 0
                                                              : c.class_tokens() + (c.distillation_token ? 1 : 0) +
                                                                    (detected_.family->position_of_none ? 1 : 0),
       .registers = c.registers,
       .patch_px = c.patch_px,
       .portrait = detected_.family->portrait,
       // timm leaves the class token out of the positions in DeiT-III and where there
       // are registers.
       .may_skip_prefix = c.registers > 0 || c.layer_scale || detected_.family->position_of_unused,
       .wanted = options_.grid,
       .input_px = stored_px},
      "Tensor \"" + *position_name_ + "\" of " + file_.path().string());
  if (c.relative_bias != ModelConfig::RelativeBias::none &&
      (c.grid_height != grid.height || c.grid_width != grid.width)) {
    throw Error(file_.path().string() + " has positions of " + std::to_string(grid.width) + "×" +
                std::to_string(grid.height) + " patches and relative positions of " + std::to_string(c.grid_width) +
                "×" + std::to_string(c.grid_height) + ": it was put together from two networks.");
  }
  c.grid_height = grid.height;
  c.grid_width = grid.width;
  position_prefix_ = grid.prefix;
  if (detected_.family->windows) {
    c.position.covers_prefix = false;
    report().facts.push_back(
        {"grid", std::to_string(grid.width) + "×" + std::to_string(grid.height) + " patches",
         detected_.family->position_of_unused && grid.source == Source::guessed ? Source::implied : grid.source,
         detected_.family->position_of_unused && grid.source == Source::guessed ? "a square, as ViTDet takes it to be"
                                                                                : grid.reason});
    return;
  }
  if (c.position.of_square && grid.source == Source::guessed) {
    report().facts.push_back({"grid", std::to_string(grid.width) + "×" + std::to_string(grid.height) + " patches",
                              Source::implied, "the square that " + c.family + " cuts its positions out of"});
    c.position.covers_prefix = false;
    return;
  }
  c.position.covers_prefix = grid.prefix > 0;
  report().facts.push_back(
      {"grid", std::to_string(grid.width) + "×" + std::to_string(grid.height) + " patches", grid.source, grid.reason});
}

}  // namespace vit
