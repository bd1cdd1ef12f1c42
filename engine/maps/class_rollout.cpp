// Which tokens a prediction draws on, by attention that is weighted with its gradient and followed through all blocks
// (Chefer, Gur and Wolf 2021, "Generic Attention-model Explainability", the rule for self-attention):
// R = I, and block by block R += mean over the heads of (∇attention ⊙ attention)+ · R.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/maps/for_class.h"
#include "engine/maps/token_names.h"

namespace vit {
namespace {

constexpr std::array kRows = {"prediction", "query"};
constexpr std::array kParameters = {
    kClassParameter, kComparedParameter, kOtherPatchParameter,
    Parameter{.id = "from",
              .label = "From",
              .sentence =
                  "Whose relevances are shown: of the tokens that the prediction is read from, or of the query's "
                  "token.",
              .low = 0,
              .high = 1,
              .initial = 0,
              .names = kRows}};

double work(const Trace& trace, const Question&) {
  return backward_work(trace, 0);
}

/// row + row·matrix
void add_product(std::vector<double>& row, const Matrix& matrix) {
  const std::vector<double> before = row;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (before[i] == 0) continue;
    const float* from = matrix.row(static_cast<int>(i));
    for (std::size_t j = 0; j < row.size(); ++j) row[j] += before[i] * from[j];
  }
}

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  const Trace& trace = *subject.trace;
  const Analysis& analysis = *analysis_by_id(question.analysis);
  const Target target = target_of(subject, analysis, question);
  const int tokens = trace.grid.tokens(), depth = static_cast<int>(trace.blocks.size());
  std::vector<double> first(static_cast<std::size_t>(tokens), 0);
  if (analysis.value(question, "from") == 1) {
    first[static_cast<std::size_t>(question.query)] = 1;
  } else {
    const std::vector<float> read = tokens_read(target, trace);
    first.assign(read.begin(), read.end());
  }
  // rows[b]: of R after block b, as far as the pass has come down.
  std::vector<std::vector<double>> rows(static_cast<std::size_t>(depth));
  Matrix weighted(tokens, tokens);  // mean over the heads of (gradient ⊙ attention)+
  const BackwardHooks hooks{.head =
                                [&](const HeadGradient& one) {
                                  const float share = 1.f / static_cast<float>(trace.settings.heads(one.block));
                                  for (int r = 0; r < one.gradient.rows; ++r) {
                                    float* to = weighted.row(one.first_query + r);
                                    const float *a = one.attention.row(r), *g = one.gradient.row(r);
                                    if (one.head == 0) std::fill_n(to, tokens, 0.f);
                                    for (int t = 0; t < tokens; ++t) to[t] += share * std::max(0.f, a[t] * g[t]);
                                  }
                                },
                            .block_done =
                                [&](int block) {
                                  const auto begin = static_cast<std::size_t>(block);
                                  rows[begin] = first;
                                  for (std::size_t b = begin; b < rows.size(); ++b) add_product(rows[b], weighted);
                                }};
  const BackwardRun run = run_backward(trace, target, hooks, means);
  MapSetBuilder set(subject, question);
  set.took_backward(run);
  set.have_unit("");
  for (int block = 0; block < depth; ++block) {
    const std::vector<double>& row = rows[static_cast<std::size_t>(block)];
    const std::vector<float> rounded(row.begin(), row.end());
    set.add({"class_rollout_block" + padded(block, depth - 1), "to block " + std::to_string(block), block},
            rounded.data());
  }
  return set.finish();
}

std::string about(const MapSet& set, int index) {
  const int block = set.labels[static_cast<std::size_t>(index)].block;
  return strength_sentence(
      set, index,
      block == 0 ? "the relevance through block 0" : fmt::format("the relevance through blocks 0 to {}", block));
}

bool asks_from_query(const Question& question) {
  return analysis_by_id(question.analysis)->value(question, "from") == 1;
}

bool heeds_query(const Question& question, const ModelConfig& config) {
  return asks_from_query(question) || compares_with_query(question, config);
}

std::string caption(const MapSet& set, int) {
  const std::string from = asks_from_query(set.question)
                               ? " from " + query_phrase(set.question.query, set.trace->grid, set.trace->model->config)
                               : "";
  return "gradient-weighted attention rollout" + from + " for " + target_title(set);
}

std::string quantity(const MapSet&) {
  return "relevance";
}

}  // namespace

extern const Analysis kClassRollout;
const Analysis kClassRollout = {.id = "class-rollout",
                                .name = "Relevance",
                                .group = "flow",
                                .sentence =
                                    "Which patches speak for a class: attention weighted with its gradient, "
                                    "through all blocks up to the chosen one.",
                                .reference = "Chefer et al. 2021",
                                .asks_block = false,
                                .asks_direction = false,
                                .reads_output = true,
                                .parameters = kParameters,
                                .refusal = refused_backward,
                                .work = work,
                                .answer = answer,
                                .about = about,
                                .caption = caption,
                                .quantity = quantity,
                                .heeds_query = heeds_query};

}  // namespace vit
