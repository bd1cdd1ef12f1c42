// The weights, packed; and the report of how all of it was understood.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/checkpoint/accounting.h"
#include "engine/checkpoint/loader.h"

namespace vit {
namespace {

std::atomic<std::uint64_t> last_id{0};

}  // namespace

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
  model_->patch_embed = tensors_.patch_embedding(c.channels, c.patch_px, c.input_channels);
  if (c.patch_norm) {
    model_->patch_norm = tensors_.patch_norm(names().patch_norm, c.patch_px * c.patch_px, c.input_channels);
  }
  read_tokens();
  read_positions();
  if (const auto periods = tensors_.find(kRopePeriods, 0, "weight");
      periods && c.position.rotary != PositionRule::Rotary::none) {
    model_->rope_periods = tensors_.vector(*periods, tensors_.elements(*periods));
  }
  if (const auto angles = find_vector(names().rope_class)) {
    model_->rope_class_angles = tensors_.vector(*angles, c.channels / c.num_heads / 2);
  }
  if (const auto speeds = find_vector(names().rope_frequencies)) read_speeds(*speeds);
  model_->embed_norm = tensors_.optional_norm(names().embed_norm, c.channels);
  model_->norm_pre = tensors_.optional_norm(names().norm_pre, c.channels);
  if (c.relative_bias == ModelConfig::RelativeBias::shared) {
    model_->relative_bias = relative_table(names().shared_relative_bias, names().shared_mlp1, names().shared_mlp2, 0);
  }
  model_->blocks.reserve(static_cast<std::size_t>(c.depth));
  for (int i = 0; i < c.depth; ++i) model_->blocks.push_back(read_block(i));
  model_->norm = tensors_.optional_norm(names().norm, c.channels);
  if (model_->norm) model_->norm->own_eps = detected_.family->last_eps;
  model_->fc_norm = tensors_.optional_norm(names().fc_norm, c.channels);
  if (c.class_blocks > 0) {
    read_class_blocks();
  } else if (c.pool == ModelConfig::Pool::attention) {
    model_->attention_pool = read_attention_pool();
  }
  if (c.classes > 0) {
    const int pooled = c.pool == ModelConfig::Pool::class_and_mean ? 2 * c.channels : c.channels;
    if (c.head_hidden > 0) model_->head_hidden = tensors_.linear(head_hidden_, 0, c.head_hidden, pooled, 1);
    model_->head = tensors_.linear(head_, 0, c.classes, c.head_hidden > 0 ? c.head_hidden : pooled, 1);
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
  if (c.class_token) append(names().class_token, c.class_tokens() + shared_registers_);
  if (c.distillation_token) append(names().distillation_token, 1);
  if (c.registers > shared_registers_) append(names().registers, c.registers);
  if (c.detection_tokens > 0) append(names().detection_tokens, c.detection_tokens);
}

/// Of both axes, stored (2, L, C/2): the rows of a block lie together in memory.
void Loader::read_speeds(const std::string& name) {
  const ModelConfig& c = config();
  const int width = c.channels / 2;
  const std::vector<float> values = tensors_.vector(name, std::int64_t{2} * c.depth * width);
  model_->rope_frequencies = Matrix(2 * c.depth, width);
  for (int axis = 0; axis < 2; ++axis) {
    for (int block = 0; block < c.depth; ++block) {
      const auto at = static_cast<std::ptrdiff_t>(axis * c.depth + block) * width;
      std::copy_n(values.data() + at, width, model_->rope_frequencies.row(2 * block + axis));
    }
  }
}

/// Rows as they are stored, `first_rows` of them for other tokens than patches: (prefix tokens + grid, C).
Matrix Loader::placed(const float* stored, int first_rows) const {
  const ModelConfig& c = model_->config;
  const int patches = c.grid_height * c.grid_width, prefix = c.prefix_tokens();
  const bool of_none = detected_.family->position_of_none, unused = detected_.family->position_of_unused;
  Matrix rows(prefix + patches, c.channels);
  const auto at = [&](int row) { return stored + static_cast<std::ptrdiff_t>(row) * c.channels; };
  // Registers stand between the class token and the patches, mostly without positions of their own.
  for (int i = 0; i < first_rows && !of_none && !unused; ++i) std::copy_n(at(i), c.channels, rows.row(i));
  for (int i = 0; i < patches; ++i) {
    float* row = rows.row(prefix + i);
    std::copy_n(at(first_rows + i), c.channels, row);
    for (int k = 0; of_none && k < c.channels; ++k) row[k] += stored[k];
  }
  // Detection tokens stand behind the patches in the file.
  for (int i = 0; i < c.detection_tokens; ++i)
    std::copy_n(at(first_rows + patches + i), c.channels, rows.row(prefix - c.detection_tokens + i));
  return rows;
}

void Loader::read_positions() {
  const ModelConfig& c = config();
  if (!position_name_) return;
  const int rows = position_prefix_ + c.grid_height * c.grid_width + c.detection_tokens;
  const std::int64_t numbers = std::int64_t{rows} * c.channels;
  model_->position = placed(tensors_.vector(*position_name_, numbers).data(), position_prefix_);
  if (!c.mid_positions) return;
  const std::vector<float> values = tensors_.vector(*find_vector(names().mid_positions), (c.depth - 1) * numbers);
  for (int block = 0; block + 1 < c.depth; ++block)
    model_->mid_positions.push_back(placed(values.data() + block * numbers, position_prefix_));
}

BlockWeights Loader::read_block(int block) {
  const ModelConfig& c = config();
  const auto in_block = [this](const char* pattern) { return tensors_.in_block(pattern); };
  BlockWeights w;
  w.norm1 = tensors_.norm(in_block(names().norm1), block, c.channels);
  const bool branches_joined = *names().joined_in != '\0';
  const int in_all = c.hidden + 3 * c.channels;  // outputs of that layer: fc1's, then queries, keys and values
  const auto joined_part = [&](int first, int outputs, int groups, std::vector<float> bias) {
    return tensors_.part(in_block(names().joined_in), block, first, outputs, in_all, c.channels, groups,
                         std::move(bias));
  };
  const bool apart = *names().query != '\0' && !tensors_.find(in_block(names().qkv), block, "weight");
  w.qkv = branches_joined ? joined_part(c.hidden, 3 * c.channels, 3, {})
          : !apart        ? tensors_.joined_in_file(block, c.channels)
                   : tensors_.joined({in_block(names().query), in_block(names().key), in_block(names().value)}, block,
                                     c.channels, c.channels, 3);
  if (c.relative_bias == ModelConfig::RelativeBias::of_each_block) {
    w.relative_bias = relative_table(in_block(names().relative_bias).c_str(), in_block(names().relative_mlp1).c_str(),
                                     in_block(names().relative_mlp2).c_str(), block);
  }
  if (c.axis_positions) {
    const auto [rows, columns] = axis_sizes(block);
    const int width = c.channels / c.num_heads;
    const auto table = [&](const char* pattern, int size) {
      return tensors_.matrix(tensors_.require(in_block(pattern), block, "weight"), 2 * size - 1, width);
    };
    w.row_positions = table(names().row_positions, rows);
    w.column_positions = table(names().column_positions, columns);
  }
  w.proj = tensors_.linear(in_block(names().proj), block, c.channels, c.channels, 1);
  if (c.attn_norm) w.attn_norm = tensors_.norm(in_block(names().attn_norm), block, c.channels);
  if (c.qk_norm) {
    w.q_norm = tensors_.norm(in_block(names().q_norm), block, c.channels / c.num_heads);
    w.k_norm = tensors_.norm(in_block(names().k_norm), block, c.channels / c.num_heads);
  }
  if (c.talking_heads) {
    const auto mix = [&](const char* name) {
      HeadMix read;
      const std::string bias = tensors_.require(in_block(name), block, "bias");
      read.weight = tensors_.matrix(tensors_.require(in_block(name), block, "weight"), c.num_heads, c.num_heads);
      read.bias = tensors_.vector(bias, c.num_heads);
      return read;
    };
    w.mix_scores = mix(names().mix_scores);
    w.mix_attention = mix(names().mix_attention);
  }
  if (c.order != ModelConfig::Order::parallel) w.norm2 = tensors_.norm(in_block(names().norm2), block, c.channels);
  if (branches_joined) {
    std::vector<float> bias;
    if (!c.qkv_bias) bias = tensors_.vector(tensors_.require(in_block(names().fc1_bias), block, "bias"), c.hidden);
    w.fc1 = joined_part(0, c.hidden, 1, std::move(bias));
  } else if (has_gate()) {
    w.fc1 = tensors_.joined({in_block(names().gate), in_block(names().fc1)}, block, c.hidden, c.channels, 1);
  } else {
    w.fc1 = tensors_.linear(in_block(names().fc1), block, (c.swiglu ? 2 : 1) * c.hidden, c.channels, 1);
  }
  if (c.mlp_norm) w.mlp_norm = tensors_.norm(in_block(names().mlp_norm), block, c.hidden);
  w.fc2 = tensors_.linear(in_block(names().fc2), block, c.channels, c.hidden, 1);
  if (c.layer_scale) {
    w.layer_scale1 = tensors_.vector(tensors_.require(in_block(names().scale1), block, "weight"), c.channels);
    w.layer_scale2 = tensors_.vector(tensors_.require(in_block(names().scale2), block, "weight"), c.channels);
  }
  return w;
}

/// What was not read must not matter.
void Loader::account() {
  tensors_.check_biases(config().depth);
  const std::vector<std::string> names = tensors_.used();
  const std::set<std::string> used(names.begin(), names.end());
  const bool pooled_otherwise =
      config().classes > 0 && config().pool != ModelConfig::Pool::attention && detected_.family->pool_mean;
  refuse_unaccounted(file_, detected_, used, config().depth, pooled_otherwise);
  refuse_acting(file_, detected_, used, config().channels);
  if (config().classes > 0) return;
  const auto said = [](const Fact& fact) { return fact.name == "head"; };
  const std::string head = unread_head(file_, detected_, used);
  if (head.empty() || std::any_of(report().facts.begin(), report().facts.end(), said)) return;
  report().facts.push_back({"head", "left out", Source::read, "\"" + head + "\" belongs to one that is not supported"});
}

/// What was chosen, made plain or not read before any weight.
void Loader::note_choices() {
  LoadReport& r = report();
  if (detected_.copies.size() > 1) {
    const auto plain = [](const std::string& prefix) {
      return prefix.empty() ? std::string("without a prefix") : prefix.substr(0, prefix.size() - 1);
    };
    std::string others;
    for (const std::string& copy : detected_.copies) {
      if (copy != detected_.prefix) others += (others.empty() ? "" : ", ") + plain(copy);
    }
    r.facts.push_back({"weights", plain(detected_.prefix), options_.weights ? Source::overridden : Source::guessed,
                       "the file also holds " + others + " (--weights)"});
  }
  const auto named = [](const std::string& prefix) { return prefix.empty() ? std::string(".") : prefix; };
  for (const std::string& copy : detected_.copies) r.copies.push_back(named(copy));
  r.copy = named(detected_.prefix);
  for (const std::string& warning : hints_.warnings) r.facts.push_back({"warning", "", Source::guessed, warning});
}

void Loader::finish_report() {
  LoadReport& r = report();
  note_choices();
  if (!tensors_.not_finite().empty())
    r.facts.push_back({"weights", "not all finite", Source::read, tensors_.not_finite()});
  r.file = file_.path().string();
  r.format = file_.format();
  r.family = detected_.family->name;
  r.reason = detected_.reason;
  r.used = tensors_.used();
  r.unused = tensors_.unused();
  r.weight_bytes = model_->patch_embed.bytes() + model_->position.bytes() + model_->prefix.bytes();
  for (const BlockWeights& block : model_->blocks) {
    r.weight_bytes += block.qkv.bytes() + block.proj.bytes() + block.fc1.bytes() + block.fc2.bytes();
    r.weight_bytes += block.relative_bias.bytes() + block.row_positions.bytes() + block.column_positions.bytes();
    r.weight_bytes += sizeof(float) * static_cast<std::size_t>(4 + (config().layer_scale ? 2 : 0)) * config().channels;
  }
  r.weight_bytes += model_->relative_bias.bytes() + model_->rope_frequencies.bytes();
  for (const Matrix& position : model_->mid_positions) r.weight_bytes += position.bytes();
  if (const auto& pool = model_->attention_pool) {
    r.weight_bytes += pool->keys_values.bytes() + pool->proj.bytes();
    if (pool->fc1) r.weight_bytes += pool->fc1->bytes() + pool->fc2->bytes();
  }
  for (const ClassBlock& block : model_->class_blocks) {
    for (const Linear* layer : {&block.query, &block.keys_values, &block.proj, &block.fc1, &block.fc2})
      r.weight_bytes += layer->bytes();
  }
  if (model_->head_hidden) r.weight_bytes += model_->head_hidden->bytes();
  if (model_->head) r.weight_bytes += model_->head->bytes();
  if (model_->head_distilled) r.weight_bytes += model_->head_distilled->bytes();
  if (!config().patch_bias) r.missing.push_back("bias of the patch embedding");
  if (!config().qkv_bias) r.missing.push_back("biases of query, key and value");
  if (!config().final_norm && !config().fc_norm && *names().norm != '\0') r.missing.push_back("last norm");
  model_->id = ++last_id;
  if (progress_) progress_(1.0);
}

}  // namespace vit
