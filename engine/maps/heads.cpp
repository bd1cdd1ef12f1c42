// Where a token looks: its row of attention in every head of a block, their mean and their maximum.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/quantity.h"
#include "engine/maps/analysis.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/token_names.h"

namespace vit {
namespace {

std::string refusal(const Subject& subject) {
  return subject.trace->blocks.empty() ? "The pass kept no maps; run it again with queries and keys kept." : "";
}

double work(const Subject& subject, const Question& question) {
  return floats_read(*subject.trace, question.block);
}

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  const Trace& trace = *subject.trace;
  const Matrix rows = attention_rows(trace, question.block, question.query, question.stage);
  means.step(0.5);
  const auto tokens = static_cast<std::size_t>(rows.cols());
  std::vector<float> mean(tokens, 0.f), largest(tokens, 0.f);
  for (int head = 0; head < rows.rows(); ++head)
    for (std::size_t t = 0; t < tokens; ++t) {
      mean[t] += rows.row(head)[t];
      largest[t] = std::max(largest[t], rows.row(head)[t]);
    }
  for (float& value : mean) value /= static_cast<float>(rows.rows());

  MapSetBuilder set(subject.trace, question);
  const std::string block = "block" + padded(question.block, static_cast<int>(trace.blocks.size()) - 1);
  set.add({block + "_mean", "mean", question.block, kMeanOfHeads}, mean.data(), false);
  set.add({block + "_max", "max", question.block, kMaxOfHeads}, largest.data(), false);
  for (int head = 0; head < rows.rows(); ++head)
    set.add({block + "_head" + padded(head, rows.rows() - 1), "head " + std::to_string(head), question.block, head},
            rows.row(head));
  return set.finish();
}

std::string about(const MapSet& set, int index) {
  const int heads = set.count() - 2, head = set.labels[static_cast<std::size_t>(index)].head;
  if (head == kMaxOfHeads) {
    const MapFacts facts = facts_of(set, index);
    return fmt::format("The largest weight that any of the {} heads gives from {}{} is {} %, on {}.", heads,
                       query_phrase(set.question.query, set.trace->grid, set.trace->model->config),
                       after_dropout(set) ? ", after dropout" : "", share_text(facts.peak),
                       place_text(facts.peak_patch, set.cols));
  }
  if (head == kMeanOfHeads)
    return shares_sentence(set, index,
                           fmt::format("the {} {}", heads, heads == 1 ? "head puts" : "heads on average put"));
  return shares_sentence(set, index, fmt::format("head {} puts", head));
}

}  // namespace

extern const Analysis kHeads;
const Analysis kHeads = {.id = "heads",
                         .name = "Heads",
                         .sentence = "The photo with one block's heads.",
                         .reference = "",
                         .asks_block = true,
                         .parameters = {},
                         .refusal = refusal,
                         .work = work,
                         .answer = answer,
                         .about = about};

}  // namespace vit
