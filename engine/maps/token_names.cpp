#include "engine/maps/token_names.h"

#include <algorithm>

namespace vit {

std::string head_name(int head) {
  if (head == kMeanOfHeads) return "mean";
  if (head == kMaxOfHeads) return "max";
  return std::to_string(head);
}

std::string head_title(int head, int num_heads) {
  if (head >= 0) return "head " + std::to_string(head);
  if (num_heads == 1) return "the only head";
  return (head == kMeanOfHeads ? "mean of " : "maximum of ") + std::to_string(num_heads) + " heads";
}

std::string query_name(int query, const TokenGrid& grid, const ModelConfig& config) {
  if (query == 0 && config.class_token) return "cls";
  if (query < grid.prefix) return "token:" + std::to_string(query);
  const int patch = query - grid.prefix;
  return std::to_string(patch / grid.cols) + "," + std::to_string(patch % grid.cols);
}

std::string prefix_label(int token, const ModelConfig& config) {
  if (token < config.class_tokens()) return config.more_class_tokens == 0 ? "cls" : "c" + std::to_string(token);
  token -= config.class_tokens();
  if (config.distillation_token && token-- == 0) return "dist";
  return token < config.registers ? "r" + std::to_string(token) : "d" + std::to_string(token - config.registers);
}

std::string other_prefix_tokens(const ModelConfig& config) {
  if (config.registers > 0) return "the registers";
  if (config.detection_tokens > 0) return "the detection tokens";
  return config.more_class_tokens > 0 ? "the other class tokens" : "the distillation token";
}

std::string query_title(int query, const TokenGrid& grid, const ModelConfig& config) {
  if (query < grid.prefix) return config.prefix_name(query);
  const int patch = query - grid.prefix;
  return "patch (" + std::to_string(patch / grid.cols) + ", " + std::to_string(patch % grid.cols) + ")";
}

std::string query_phrase(int query, const TokenGrid& grid, const ModelConfig& config) {
  const std::string title = query_title(query, grid, config);
  const bool numbered = query < grid.prefix && title.back() >= '0' && title.back() <= '9';
  return numbered ? title : "the " + title;  // what goes by number is a name
}

std::string class_name_of(const Model& model, int index) {
  const auto at = static_cast<std::size_t>(index);
  if (at >= model.labels.size()) return "class " + std::to_string(index);
  return model.labels[at].substr(0, model.labels[at].find(','));  // its synonyms follow
}

std::string class_title(const Model& model, int index) {
  const std::string name = class_name_of(model, index);
  return static_cast<std::size_t>(index) < model.labels.size() ? name + " (" + std::to_string(index) + ")" : name;
}

std::string class_phrase(const Model& model, int index) {
  const std::string title = class_title(model, index);
  return static_cast<std::size_t>(index) < model.labels.size() ? "class " + title : title;
}

std::string padded(int number, int last) {
  const std::size_t digits = std::max<std::size_t>(2, std::to_string(last).size());
  const std::string text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

}  // namespace vit
