#include "app/view.h"

namespace headlight {

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

std::string query_name(int query, const vit::TokenGrid& grid, const vit::ModelConfig& config) {
  if (query == 0 && config.class_token) return "cls";
  if (query < grid.prefix) return "token:" + std::to_string(query);
  const int patch = query - grid.prefix;
  return std::to_string(patch / grid.cols) + "," + std::to_string(patch % grid.cols);
}

std::string prefix_label(int token, const vit::ModelConfig& config) {
  if (config.class_token && token-- == 0) return "cls";
  if (config.distillation_token && token-- == 0) return "dist";
  return "r" + std::to_string(token);
}

std::string query_title(int query, const vit::TokenGrid& grid, const vit::ModelConfig& config) {
  if (query < grid.prefix) return config.prefix_name(query);
  const int patch = query - grid.prefix;
  return "patch (" + std::to_string(patch / grid.cols) + ", " + std::to_string(patch % grid.cols) + ")";
}

}  // namespace headlight
