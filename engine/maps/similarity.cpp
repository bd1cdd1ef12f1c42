// How alike the tokens are: the cosine of every token with the query's, of what leaves each block or of its queries,
// keys or values.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/maps/analysis.h"
#include "engine/maps/block_tokens.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/token_names.h"

namespace vit {
namespace {

constexpr std::array kPhotos = {"this", "second"};
constexpr std::array kParameters = {
    Parameter{.id = "of",
              .label = "Of",
              .sentence = "What is compared: the tokens as they leave a block, or the queries, keys or values that the "
                          "block makes of them, all heads together.",
              .low = 0,
              .high = 3,
              .initial = 0,
              .names = kTokenKindNames},
    Parameter{.id = "photo",
              .label = "Photo",
              .sentence = "Whose patches are compared with the query's token: this photo's, or those of the second "
                          "photo, which is side B's on the page Compare.",
              .low = 0,
              .high = 1,
              .initial = 0,
              .names = kPhotos,
              .names_alone = 1},
};

TokenKind kind_of(const Question& question) {
  return static_cast<TokenKind>(analysis_by_id("similarity")->value(question, "of"));
}

bool on_second(const Question& question) {
  return analysis_by_id("similarity")->value(question, "photo") == 1;
}

double work(const Trace& trace, const Question& question) {
  return token_floats(trace, kind_of(question)) * static_cast<double>(trace.blocks.size());
}

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  const Trace& trace = *subject.trace;
  const int depth = static_cast<int>(trace.blocks.size());
  const bool second = on_second(question);
  std::vector<std::vector<float>> own(static_cast<std::size_t>(second ? depth : 0));
  MapSetBuilder set(subject, question, second);
  set.have_unit("");
  for (int block = 0; block < depth; ++block) {
    means.step(static_cast<double>(block) / depth);
    const BlockTokens tokens = block_tokens(trace, block, kind_of(question), means.stop);
    MapLabel label{"similarity_block" + padded(block, depth - 1), fmt::format("block {}", block), block};
    if (!second) {
      set.add(std::move(label), cosines(tokens.view, question.query).data());
      continue;
    }
    const BlockTokens others = block_tokens(*subject.other, block, kind_of(question), means.stop);
    own[static_cast<std::size_t>(block)] = cosines(tokens.view, question.query);
    const std::vector<float> row = cosines(others.view, tokens.view.row(question.query));
    const auto patches = row.begin() + subject.other->grid.prefix;
    label.id += "_second";
    label.marked = {static_cast<int>(std::max_element(patches, row.end()) - patches)};
    set.add(std::move(label), row.data());
  }
  if (!second) return set.finish();
  MapSetBuilder first(subject, question);
  first.have_unit("");
  for (int block = 0; block < depth; ++block)
    first.add({"similarity_block" + padded(block, depth - 1), fmt::format("block {}", block), block},
              own[static_cast<std::size_t>(block)].data());
  set.have_beside(first.finish());
  return set.finish();
}

std::string about(const MapSet& set, int index) {
  const MapLabel& label = set.labels[static_cast<std::size_t>(index)];
  const TokenGrid& grid = set.trace->grid;
  const ModelConfig& config = set.trace->model->config;
  const int query = set.question.query, own = set.on_other ? -1 : query - grid.prefix;
  const std::span<const float> map = set.map(index);
  constexpr float kAlike = 0.8f;
  int best = -1, alike = 0;
  for (int patch = 0; patch < set.patches(); ++patch) {
    if (patch == own) continue;
    const float value = map[static_cast<std::size_t>(patch)];
    if (best < 0 || value > map[static_cast<std::size_t>(best)]) best = patch;
    alike += value > kAlike ? 1 : 0;
  }
  std::string text = fmt::format("Cosine of {} with that of {}", kind_phrase(kind_of(set.question), label.block),
                                 query_phrase(query, grid, config));
  if (set.on_other) text.replace(0, 6, "On the second photo: cosine");
  if (best >= 0)
    text += fmt::format(": {:.2f} at most, in the patch {}; {:.2f} in the median; {} of {} patches have more than {:g}",
                        map[static_cast<std::size_t>(best)], place_text(best, set.cols),
                        median({map.begin(), map.end()}), alike, set.patches() - (own >= 0 ? 1 : 0), kAlike);
  text += ".";
  if ((own >= 0 || set.on_other) && config.class_token)
    text += fmt::format(" The class token has {:.2f}.", set.prefix_of(index).front());
  return text;
}

std::string caption(const MapSet& set, int) {
  constexpr std::array kKinds = {"output", "query", "key", "value"};
  return fmt::format("cosine of each patch's {} with that of {}{}",
                     kKinds[static_cast<std::size_t>(kind_of(set.question))],
                     query_phrase(set.question.query, set.trace->grid, set.trace->model->config),
                     set.on_other ? " on the first photo; the most alike one is framed" : "");
}

std::string quantity(const MapSet&) {
  return "cosine";
}

}  // namespace

extern const Analysis kSimilarity;
const Analysis kSimilarity = {
    .id = "similarity",
    .name = "Similarity",
    .group = "tokens",
    .sentence = "How alike every patch's token is to the query's; click a patch to ask from it.",
    .reference = "",
    .asks_block = false,
    .asks_direction = false,
    .reads_output = true,
    .parameters = kParameters,
    .refusal = refused_without_tokens,
    .work = work,
    .answer = answer,
    .about = about,
    .caption = caption,
    .quantity = quantity};

}  // namespace vit
