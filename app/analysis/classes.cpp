#include "app/analysis/classes.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <numeric>

namespace headlight {
namespace {

std::string normalized(const std::string& name) {
  std::string out;
  for (char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isspace(byte) || c == '_' || c == '-') {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else {
      out += static_cast<char>(std::tolower(byte));
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

bool names_label(const std::string& wanted, const std::string& label) {
  if (normalized(label) == wanted) return true;
  for (std::size_t start = 0; start < label.size();) {
    const std::size_t end = std::min(label.find(',', start), label.size());
    if (normalized(label.substr(start, end - start)) == wanted) return true;
    start = end + 1;
    while (start < label.size() && label[start] == ' ') ++start;
  }
  return false;
}

}  // namespace

std::vector<double> probabilities(const std::vector<float>& logits) {
  std::vector<double> p(logits.begin(), logits.end());
  if (p.empty()) return p;
  const double largest = *std::max_element(p.begin(), p.end());
  double sum = 0;
  for (double& value : p) sum += value = std::exp(value - largest);
  for (double& value : p) value /= sum;
  return p;
}

std::string class_name(const std::vector<std::string>& labels, int index) {
  const auto i = static_cast<std::size_t>(index);
  return i < labels.size() ? labels[i] : "class " + std::to_string(index);
}

std::vector<ClassScore> top_classes(const std::vector<float>& logits, const std::vector<std::string>& labels,
                                    int count) {
  const std::vector<double> p = probabilities(logits);
  std::vector<int> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  const auto kept = std::min(order.size(), static_cast<std::size_t>(std::max(0, count)));
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(), [&](int a, int b) {
    const float left = logits[static_cast<std::size_t>(a)], right = logits[static_cast<std::size_t>(b)];
    if (std::isnan(left) || std::isnan(right)) return std::isnan(left) == std::isnan(right) ? a < b : std::isnan(right);
    return left != right ? left > right : a < b;
  });

  std::vector<ClassScore> scores;
  for (std::size_t i = 0; i < kept; ++i) {
    const auto index = static_cast<std::size_t>(order[i]);
    scores.push_back({order[i], class_name(labels, order[i]), logits[index], p[index]});
  }
  return scores;
}

std::vector<Prediction> told_predictions(const vit::Trace& trace) {
  constexpr int kTold = 5;
  std::vector<Prediction> told;
  for (const ClassScore& score : top_classes(trace.logits, trace.model->labels, kTold))
    told.push_back({score.label, score.probability});
  return told;
}

std::optional<int> class_by_name(const std::string& name, const vit::Model& model) {
  const std::string wanted = normalized(name);
  for (std::size_t i = 0; i < model.labels.size(); ++i)
    if (names_label(wanted, model.labels[i])) return static_cast<int>(i);
  int index = 0;
  const auto result = std::from_chars(name.data(), name.data() + name.size(), index);
  const bool is_number = result.ec == std::errc() && result.ptr == name.data() + name.size();
  if (is_number && index >= 0 && index < model.config.classes) return index;
  return std::nullopt;
}

}  // namespace headlight
