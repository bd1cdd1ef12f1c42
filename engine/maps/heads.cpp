// Where a token looks: its row of attention in every head of a block, their mean and their maximum.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/quantity.h"
#include "engine/maps/analysis.h"
#include "engine/maps/directed.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/token_names.h"

namespace vit {
namespace {

double work(const Trace& trace, const Question& question) {
  return directed_floats(trace, question.block, question.direction);
}

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  const Trace& trace = *subject.trace;
  const Matrix rows = directed_rows(trace, question.block, question);
  means.step(0.5);
  const auto tokens = static_cast<std::size_t>(rows.cols());
  std::vector<float> mean(tokens, 0.f), largest(tokens, 0.f);
  for (int head = 0; head < rows.rows(); ++head)
    for (std::size_t t = 0; t < tokens; ++t) {
      mean[t] += rows.row(head)[t];
      largest[t] = std::max(largest[t], rows.row(head)[t]);
    }
  for (float& value : mean) value /= static_cast<float>(rows.rows());

  MapSetBuilder set(subject, question);
  set.are_directed_shares();
  const std::string ending = id_ending(question.direction);
  const auto window = window_around(trace, question.block, question.query);
  const auto add = [&](MapLabel label, const float* row, bool counts) {
    label.window = window;
    set.add(std::move(label), row, counts);
  };
  const std::string block = "block" + padded(question.block, static_cast<int>(trace.blocks.size()) - 1);
  add({block + "_mean" + ending, "mean", question.block, kMeanOfHeads}, mean.data(), false);
  add({block + "_max" + ending, "max", question.block, kMaxOfHeads}, largest.data(), false);
  for (int head = 0; head < rows.rows(); ++head)
    add({block + "_head" + padded(head, rows.rows() - 1) + ending, "head " + std::to_string(head), question.block,
         head},
        rows.row(head), true);
  return set.finish();
}

std::string about(const MapSet& set, int index) {
  const int heads = set.count() - 2, head = set.labels[static_cast<std::size_t>(index)].head;
  const std::string phrase = query_phrase(set.question.query, set.trace->grid, set.trace->model->config);
  const bool column = set.question.direction == Direction::looked_at_by;
  if (head == kMaxOfHeads && set.question.direction != Direction::product) {
    const MapFacts facts = facts_of(set, index);
    return fmt::format("The most that any of the {} heads gives {} {}{} is {} the even share ({}), {} the patch {}.",
                       heads, column ? "to" : "from", phrase, after_dropout(set) ? ", after dropout," : "",
                       even_text(set, facts.peak), percent_text(facts.peak), column ? "from" : "on",
                       place_text(facts.peak_patch, set.cols)) +
           window_sentence(set, index);
  }
  const std::string who = head == kMeanOfHeads  ? fmt::format("the mean of {} heads", heads)
                          : head == kMaxOfHeads ? fmt::format("the maximum of {} heads", heads)
                                                : fmt::format("head {}", head);
  return directed_sentence(set, index, who);
}

std::string caption(const MapSet& set, int) {
  return "attention " + directed_phrase(set);
}

}  // namespace

extern const Analysis kHeads;
const Analysis kHeads = {.id = "heads",
                         .name = "Heads",
                         .group = "heads",
                         .sentence = "The photo with one block's heads.",
                         .reference = "",
                         .asks_block = true,
                         .asks_direction = true,
                         .is_plain = true,
                         .parameters = {},
                         .refusal = refused_without_attention,
                         .work = work,
                         .answer = answer,
                         .about = about,
                         .caption = caption,
                         .quantity = directed_quantity};

}  // namespace vit
