// All queries and keys of one head at once: the N × N matrix that the softmax makes, row = query, column = key.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/base/quantity.h"
#include "engine/maps/analysis.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/token_names.h"

namespace vit {
namespace {

enum Scaling : std::uint8_t { linear_scale, log_scale };
constexpr std::array kScalings = {"linear", "log"};
constexpr float kLeastShare = 1e-3f;  // of the even share: on the logarithmic scale what is less counts as that
constexpr std::array kParameters = {
    Parameter{.id = "head",
              .label = "Head",
              .sentence = "The head of the block whose matrix is shown.",
              .low = 0,
              .high = 0,
              .initial = 0,
              .counts = Counts::heads},
    Parameter{.id = "scale",
              .label = "Values",
              .sentence = "The shares themselves, or their decimal logarithms, which show what is small, down to a "
                          "thousandth of the even share.",
              .low = 0,
              .high = kScalings.size() - 1,
              .initial = 1,
              .names = kScalings},
};

double work(const Trace& trace, const Question& question) {
  return floats_read(trace, question.block) * trace.grid.tokens() / trace.settings.heads(question.block);
}

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  const Trace& trace = *subject.trace;
  const Analysis& analysis = *analysis_by_id("matrix");
  const int head = static_cast<int>(analysis.value(question, "head")), tokens = trace.grid.tokens();
  const bool logarithms = static_cast<Scaling>(analysis.value(question, "scale")) == log_scale;
  means.step(0);
  Matrix values = attention_head(trace, question.block, head, question.stage);
  means.step(0.6);
  const float least = kLeastShare / static_cast<float>(tokens);
  std::vector<float> row_sums(static_cast<std::size_t>(tokens));
  std::vector<double> columns(static_cast<std::size_t>(tokens), 0);
  for (int row = 0; row < tokens; ++row) {
    double sum = 0;
    float* const a = values.row(row);
    for (int col = 0; col < tokens; ++col) {
      sum += a[col];
      columns[static_cast<std::size_t>(col)] += a[col];
      if (logarithms) a[col] = std::log10(std::max(a[col], least));
    }
    row_sums[static_cast<std::size_t>(row)] = static_cast<float>(sum);
  }
  means.step(0.9);
  MapSetBuilder set(subject, question);
  set.have_unit(logarithms ? "log10" : "%");
  set.add_matrix({"matrix_block" + padded(question.block, static_cast<int>(trace.blocks.size()) - 1) + "_head" +
                      padded(head, trace.settings.heads(question.block) - 1),
                  fmt::format("head {}", head), question.block, head},
                 values, std::move(row_sums), {columns.begin(), columns.end()});
  return set.finish();
}

std::string about(const MapSet& set, int index) {
  const MapLabel& label = set.labels[static_cast<std::size_t>(index)];
  const TokenGrid& grid = set.trace->grid;
  const ModelConfig& config = set.trace->model->config;
  const auto most = std::max_element(set.column_sums.begin(), set.column_sums.end());
  const int token = static_cast<int>(most - set.column_sums.begin());
  double own = 0;
  const bool logarithms = static_cast<Scaling>(analysis_by_id("matrix")->value(set.question, "scale")) == log_scale;
  for (int i = 0; i < grid.tokens(); ++i) {
    const double value = set.value(index, i, i);
    own += logarithms ? std::pow(10.0, value) : value;
  }
  return fmt::format(
      "Rows look, columns are looked at. Head {} looks most at {}: {} tokens' worth. {} stays on the token itself.",
      label.head, query_phrase(token, grid, config), three_digits(*most), percent_text(own / grid.tokens()));
}

std::string caption(const MapSet&, int) {
  return "attention of all tokens (queries) to all tokens (keys)";
}

std::string quantity(const MapSet& set) {
  const bool logarithms = static_cast<Scaling>(analysis_by_id("matrix")->value(set.question, "scale")) == log_scale;
  return logarithms ? "log10 of the attention probability" : "attention probability";
}

}  // namespace

extern const Analysis kMatrix;
const Analysis kMatrix = {.id = "matrix",
                          .name = "Matrix",
                          .group = "matrix",
                          .sentence = "All queries (rows) and keys (columns) of one head at once.",
                          .reference = "",
                          .asks_block = true,
                          .asks_direction = false,
                          .asks_query = false,
                          .is_matrix = true,
                          .parameters = kParameters,
                          .refusal = refused_without_attention,
                          .work = work,
                          .answer = answer,
                          .about = about,
                          .caption = caption,
                          .quantity = quantity};

}  // namespace vit
