// What a token really brings: attention times the length of what the head takes from it (Kobayashi et al. 2020,
// "Attention is Not Only a Weight: Analyzing Transformers with Vector Norms").
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/base/quantity.h"
#include "engine/maps/analysis.h"
#include "engine/maps/directed.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/token_names.h"
#include "engine/maps/transformed_values.h"

namespace vit {
namespace {

std::string refusal(const Trace& trace) {
  for (const BlockWeights& block : trace.model->blocks)
    if (block.attn_norm)
      return "This network normalises all heads' outputs together before the projection (attn_norm), so that what one "
             "patch adds is no vector of its own.";
  if (trace.model->config.order == ModelConfig::Order::post_norm)
    return "This network normalises what its attention gives (its norms stand behind the branches), so that what one "
           "patch adds is no vector of its own.";
  if (trace.model->config.talking_heads)
    return "The heads of this network are mixed again behind the softmax (talking heads), so that a head's map is not "
           "what its values are weighted with.";
  return refused_without_attention(trace);
}

double work(const Trace& trace, const Question& question) {
  return directed_floats(trace, question.block, question.direction) + value_lengths_work(trace, question.block) / 10;
}

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  const Trace& trace = *subject.trace;
  const int block = question.block, query = question.query;
  means.step(0);
  const Matrix lengths = value_lengths(trace, block, means.stop);
  means.step(0.3);
  Matrix rows = directed_rows(trace, block, question);
  const auto tokens = static_cast<std::size_t>(rows.cols());
  std::vector<float> mean(tokens, 0.f), largest(tokens, 0.f);
  for (int head = 0; head < rows.rows(); ++head)
    for (int t = 0; t < rows.cols(); ++t) {
      // What a token gives has its own length; what it receives has that of the query's values.
      const float given = lengths(head, t), received = lengths(head, query);
      rows(head, t) *= question.direction == Direction::looks_at       ? given
                       : question.direction == Direction::looked_at_by ? received
                                                                       : given * received;
      mean[static_cast<std::size_t>(t)] += rows(head, t);
      largest[static_cast<std::size_t>(t)] = std::max(largest[static_cast<std::size_t>(t)], rows(head, t));
    }
  for (float& value : mean) value /= static_cast<float>(rows.rows());

  MapSetBuilder set(subject, question);
  set.have_unit("");
  const std::string ending = id_ending(question.direction);
  const std::string id = "values_block" + padded(block, static_cast<int>(trace.blocks.size()) - 1);
  const auto add = [&](MapLabel label, const float* row, bool counts) {
    const float most = *std::max_element(row + trace.grid.prefix, row + tokens);
    label.note = fmt::format("max {:.2g}", most);
    label.window = window_around(trace, block, query);
    set.add(std::move(label), row, counts);
  };
  add({id + "_mean" + ending, "mean", block, kMeanOfHeads}, mean.data(), false);
  add({id + "_max" + ending, "max", block, kMaxOfHeads}, largest.data(), false);
  for (int head = 0; head < rows.rows(); ++head)
    add({id + "_head" + padded(head, rows.rows() - 1) + ending, "head " + std::to_string(head), block, head},
        rows.row(head), true);
  return set.finish();
}

std::string about(const MapSet& set, int index) {
  const MapLabel& label = set.labels[static_cast<std::size_t>(index)];
  const int heads = set.count() - 2;
  const MapFacts facts = facts_of(set, index);
  const std::string phrase = query_phrase(set.question.query, set.trace->grid, set.trace->model->config);
  const std::string who = label.head == kMeanOfHeads  ? fmt::format("the mean of {} heads", heads)
                          : label.head == kMaxOfHeads ? fmt::format("the maximum of {} heads", heads)
                                                      : fmt::format("head {}", label.head);
  const float all = facts.prefix + facts.patches;
  const std::string peak = place_text(facts.peak_patch, set.cols);
  std::string text;
  if (set.question.direction == Direction::looks_at)
    text = fmt::format("Through {}, the patch {} adds most to {}: a vector of length {}, {} of all lengths together",
                       who, peak, phrase, three_digits(facts.peak), percent_text(all > 0 ? facts.peak / all : 0));
  else if (set.question.direction == Direction::looked_at_by)
    text =
        fmt::format("Through {}, {} adds most to the patch {}: a vector of length {}, {} of all that it adds anywhere",
                    who, phrase, peak, three_digits(facts.peak), percent_text(all > 0 ? facts.peak / all : 0));
  else
    text = fmt::format("Through {}, {} and the patch {} add most to each other: the product of the two lengths is {}",
                       who, phrase, peak, three_digits(facts.peak));
  text += fmt::format("; {} of {} patches hold half of what is on patches.", half_mass_count(set.map(index)),
                      set.patches());
  if (set.question.direction == Direction::looks_at && set.trace->grid.prefix > 0)
    text += fmt::format(" {} comes from the {}.", percent_text(all > 0 ? facts.prefix / all : 0),
                        set.trace->grid.prefix > 1 ? "prefix tokens" : "class token");
  return text + window_sentence(set, index);
}

std::string caption(const MapSet& set, int) {
  const std::string phrase = query_phrase(set.question.query, set.trace->grid, set.trace->model->config);
  if (set.question.direction == Direction::looks_at) return "what each token adds to " + phrase;
  return set.question.direction == Direction::looked_at_by ? "what " + phrase + " adds to each token"
                                                           : "what each token and " + phrase + " add to each other";
}

std::string quantity(const MapSet& set) {
  return set.question.direction == Direction::product ? "product of the lengths of two added vectors"
                                                      : "length of the added vector";
}

}  // namespace

extern const Analysis kValueWeighted;
const Analysis kValueWeighted = {.id = "values",
                                 .name = "Value-weighted",
                                 .group = "heads",
                                 .sentence =
                                     "How long the vector is that each token adds to the query through a head: "
                                     "attention times its transformed values.",
                                 .reference = "Kobayashi et al. 2020",
                                 .asks_block = true,
                                 .asks_direction = true,
                                 .parameters = {},
                                 .refusal = refusal,
                                 .work = work,
                                 .answer = answer,
                                 .about = about,
                                 .caption = caption,
                                 .quantity = quantity};

}  // namespace vit
