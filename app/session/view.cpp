#include "app/session/view.h"

#include <algorithm>
#include <cmath>

namespace headlight {

int same_place(int query, const vit::TokenGrid& grid, const vit::Box& box, const vit::TokenGrid& other,
               const vit::Box& other_box) {
  if (query < grid.prefix) return std::min(query, other.tokens() - 1);
  const int patch = query - grid.prefix;
  const double x = box.x + (patch % grid.cols + 0.5) * box.width / grid.cols;  // the patch's middle, px of the photo
  const double y = box.y + (patch / grid.cols + 0.5) * box.height / grid.rows;
  const int col = static_cast<int>(std::floor((x - other_box.x) / other_box.width * other.cols));
  const int row = static_cast<int>(std::floor((y - other_box.y) / other_box.height * other.rows));
  return other.token_of(std::clamp(row, 0, other.rows - 1), std::clamp(col, 0, other.cols - 1));
}

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

std::string query_phrase(int query, const vit::TokenGrid& grid, const vit::ModelConfig& config) {
  const std::string title = query_title(query, grid, config);
  return title.rfind("register", 0) == 0 ? title : "the " + title;  // registers go by number, as names do
}

}  // namespace headlight
