// The relative position bias alone: where the heads of a block would look if all queries and keys were zero (BEiT, Bao
// et al. 2021).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/maps/analysis.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/token_names.h"
#include "engine/network/relative_bias.h"

namespace vit {
namespace {

std::string refusal(const Trace& trace) {
  if (trace.model->config.relative_bias != ModelConfig::RelativeBias::none) return refused_without_attention(trace);
  if (trace.model->config.axis_positions)
    return "What this network adds to its scores for the way to a key depends on the query's own numbers, so that "
           "there is "
           "no bias without them; Inside a head shows it for each key.";
  return "This network adds no relative positions to its scores; BEiT, BEiT v2, data2vec and DiT do.";
}

double work(const Trace& trace, const Question& question) {
  return 8.0 * trace.grid.tokens() * trace.settings.heads(question.block);  // the table, resampled, and one row
}

void softmax(float* row, int count) {
  const float most = *std::max_element(row, row + count);
  double sum = 0;
  for (int i = 0; i < count; ++i) sum += row[i] = std::exp(row[i] - most);
  for (int i = 0; i < count; ++i) row[i] = static_cast<float>(row[i] / sum);
}

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  const Trace& trace = *subject.trace;
  const int heads = trace.settings.heads(question.block), tokens = trace.grid.tokens();
  means.step(0);
  const RelativeBias bias(*trace.model, trace.grid, question.block, heads);
  means.step(0.5);
  Matrix rows(heads, tokens), mean(1, tokens);
  for (int head = 0; head < heads; ++head) {
    bias.add(head, question.query, nullptr, 0.f, rows.row(head));
    softmax(rows.row(head), tokens);
    for (int t = 0; t < tokens; ++t) mean(0, t) += rows(head, t) / static_cast<float>(heads);
  }
  MapSetBuilder set(subject, question);
  set.are_shares();
  const std::string id = "bias_block" + padded(question.block, static_cast<int>(trace.blocks.size()) - 1);
  set.add({id + "_mean", "mean", question.block, kMeanOfHeads}, mean.row(0), false);
  for (int head = 0; head < heads; ++head)
    set.add({id + "_head" + padded(head, heads - 1), "head " + std::to_string(head), question.block, head},
            rows.row(head));
  return set.finish();
}

std::string about(const MapSet& set, int index) {
  const int head = set.labels[static_cast<std::size_t>(index)].head;
  const std::string who =
      head == kMeanOfHeads ? fmt::format("the mean of {} heads", set.count() - 1) : fmt::format("head {}", head);
  return shares_sentence(set, index, who + ", by its bias alone");
}

std::string caption(const MapSet& set, int) {
  return "attention from " + query_phrase(set.question.query, set.trace->grid, set.trace->model->config) +
         " by relative positions alone";
}

std::string quantity(const MapSet&) {
  return "attention probability";
}

}  // namespace

extern const Analysis kBiasAlone;
const Analysis kBiasAlone = {.id = "bias",
                             .name = "Bias alone",
                             .group = "heads",
                             .sentence =
                                 "Where the heads would look by their relative positions alone, whatever is on the "
                                 "photo: the softmax of what is added to the scores.",
                             .reference = "Bao et al. 2021",
                             .asks_block = true,
                             .asks_direction = false,
                             .parameters = {},
                             .refusal = refusal,
                             .work = work,
                             .answer = answer,
                             .about = about,
                             .caption = caption,
                             .quantity = quantity};

}  // namespace vit
