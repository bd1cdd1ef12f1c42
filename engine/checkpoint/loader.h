// One load of a checkpoint, from detection to packed weights: the steps behind load_model, included by nobody else.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/checkpoint/family.h"
#include "engine/checkpoint/load_model.h"
#include "engine/checkpoint/model_hints.h"
#include "engine/checkpoint/model_tensors.h"
#include "engine/containers/tensor_file.h"
#include "engine/network/model.h"

namespace vit {

inline constexpr const char* kRopePeriods = "rope_embed.periods";  // (d/4) of DINOv3's rotary positions

/// The first convolution behind the blocks of SAM's image encoder.
inline constexpr const char* kNeck = "neck.0.*|neck.conv1.*";

class Loader {
 public:
  Loader(const TensorFile& file, ModelHints hints, const LoadOptions& options,
         const std::function<void(double)>& progress)
      : file_(file),
        hints_(std::move(hints)),
        options_(options),
        progress_(progress),
        detected_(detect_family(file, hints_.words, options.family.value_or(""), options.weights.value_or(""))),
        tensors_(file, detected_, [this](std::int64_t count) { hear(count); }),
        model_(std::make_shared<Model>()) {
    hints_.of_openai = is_of_openai(file);
  }

  std::shared_ptr<const Model> load() {
    read_sizes();
    decide();
    validate(config());
    check_weights_fit();
    read_weights();
    account();
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
  void read_rotary();
  void adapt_positions();
  Matrix placed(const float* stored, int first_rows) const;
  void read_relative_grid();
  bool read_relative_mlp();
  void read_axis_positions();
  void read_axis_grid();
  void decide_windows();
  std::pair<int, int> axis_sizes(int block) const;
  void read_pool_sizes();
  void read_class_blocks_sizes();
  void read_class_blocks();
  bool read_pre_logits(std::int64_t inputs);
  void read_input_conditioner();
  AttentionPool read_attention_pool();
  void read_head();
  bool read_layered_head();
  void drop_foreign_hints();
  void refuse_contradictions() const;
  void refuse_problems() const;
  void refuse_missing_positions() const;
  void decide();
  void check_weights_fit() const;
  void read_weights();
  void read_tokens();
  void read_speeds(const std::string& name);
  void read_positions();
  BlockWeights read_block(int block);
  void account();
  void note_choices();
  void finish_report();

  void hear(std::int64_t count) {
    report().parameters += count;
    if (progress_ && total_ > 0) progress_(std::min(1.0, static_cast<double>(report().parameters) / total_));
  }
  /// Rows of a stored table of relative positions.
  int ways() const {
    const ModelConfig& c = model_->config;
    return (2 * c.grid_height - 1) * (2 * c.grid_width - 1) + (c.class_token ? 3 : 0);
  }
  Matrix relative_table(const char* table, const char* mlp1, const char* mlp2, int block);
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
  double total_ = 0;          // elements in the file
  int stored_heads_ = 0;      // where the query's shape keeps heads apart
  int shared_registers_ = 0;  // that stand in the class token's tensor
  int position_prefix_ = 0;   // leading rows of the stored positions that are not of patches
  std::optional<std::string> position_name_;

  std::string position_reason_ = "";  // of a rule that is not the family's

  std::string head_ = "";         // pattern of the head's last layer
  std::string head_hidden_ = "";  // of the one before it, if there are two
};

}  // namespace vit
