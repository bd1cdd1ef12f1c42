// How long every token is after each block, with the patches that are far longer than most marked: tokens in which a
// network without registers keeps what it knows of the whole photo (Darcet et al. 2024, "Vision Transformers Need
// Registers").
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "engine/base/quantity.h"
#include "engine/maps/analysis.h"
#include "engine/maps/block_tokens.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/token_names.h"

namespace vit {
namespace {

constexpr std::array kParameters = {
    Parameter{.id = "beyond",
              .label = "Mark over",
              .sentence =
                  "A patch is marked as an outlier if its token is more than so many times as long as the block's "
                  "median patch.",
              .low = 1.1,
              .high = 10,
              .initial = 2},
};

double work(const Trace& trace, const Question&) {
  return token_floats(trace, TokenKind::output) * static_cast<double>(trace.blocks.size());
}

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  const Trace& trace = *subject.trace;
  const int depth = static_cast<int>(trace.blocks.size()), tokens = trace.grid.tokens(), prefix = trace.grid.prefix;
  const double beyond = analysis_by_id("norms")->value(question, "beyond");
  MapSetBuilder set(subject, question);
  set.have_unit("");
  for (int block = 0; block < depth; ++block) {
    means.step(static_cast<double>(block) / depth);
    const Matrix& output = trace.hidden(block);
    std::vector<float> norms;
    norms.reserve(static_cast<std::size_t>(tokens));
    for (int t = 0; t < tokens; ++t) norms.push_back(static_cast<float>(length(output.row(t), output.cols())));
    MapLabel label{"norms_block" + padded(block, depth - 1), fmt::format("block {}", block), block};
    const float limit = static_cast<float>(beyond) * median({norms.begin() + prefix, norms.end()});
    label.limit = limit;
    for (int t = prefix; t < tokens; ++t)
      if (norms[static_cast<std::size_t>(t)] > limit) label.marked.push_back(t - prefix);
    if (!label.marked.empty()) label.note = fmt::format("{} marked", label.marked.size());
    set.add(std::move(label), norms.data());
  }
  return set.finish();
}

std::string prefix_sentence(const MapSet& set, int index) {
  const ModelConfig& config = set.trace->model->config;
  const std::span<const float> prefix = set.prefix_of(index);
  std::string text;
  if (config.class_token) text += fmt::format(" The class token's length is {}.", three_digits(prefix.front()));
  if (config.registers > 0) {
    const auto registers = prefix.last(static_cast<std::size_t>(config.registers));
    const auto [least, most] = std::minmax_element(registers.begin(), registers.end());
    text += config.registers == 1 ? fmt::format(" The register's is {}.", three_digits(*least))
                                  : fmt::format(" Registers have {} to {}.", three_digits(*least), three_digits(*most));
  }
  return text;
}

std::string about(const MapSet& set, int index) {
  const MapLabel& label = set.labels[static_cast<std::size_t>(index)];
  const std::span<const float> map = set.map(index);
  const double beyond = analysis_by_id("norms")->value(set.question, "beyond");
  const float middle = median({map.begin(), map.end()});
  std::vector<int> marked = label.marked;
  std::stable_sort(marked.begin(), marked.end(),
                   [&](int a, int b) { return map[static_cast<std::size_t>(a)] > map[static_cast<std::size_t>(b)]; });
  std::string text =
      fmt::format("After block {} a patch's token is {} long in the median. ", label.block, three_digits(middle));
  if (marked.empty()) {
    const float most = *std::max_element(map.begin(), map.end());
    text += fmt::format("None of {} is more than {:g} × as long: the longest is {:.2f} ×.", set.patches(), beyond,
                        most / middle);
  } else {
    constexpr std::size_t kNamed = 4;
    text += fmt::format("{} of {} {} more than {:g} × as long and {} marked, the longest {:.2f} ×: ", marked.size(),
                        set.patches(), marked.size() == 1 ? "is" : "are", beyond, marked.size() == 1 ? "is" : "are",
                        map[static_cast<std::size_t>(marked.front())] / middle);
    for (std::size_t i = 0; i < std::min(kNamed, marked.size()); ++i)
      text += (i == 0 ? "" : ", ") + place_text(marked[i], set.cols);
    text += marked.size() > kNamed ? ", …" : ".";
  }
  return text + prefix_sentence(set, index);
}

std::string caption(const MapSet& set, int index) {
  bool marked = false;
  for (int i = 0; i < set.count(); ++i)
    marked = marked || ((index < 0 || i == index) && !set.labels[static_cast<std::size_t>(i)].marked.empty());
  const std::string text = "length of each patch's token after the block";
  return marked ? text + fmt::format("; framed: more than {:g} times the median",
                                     analysis_by_id("norms")->value(set.question, "beyond"))
                : text;
}

std::string quantity(const MapSet&) {
  return "length of the token (L2 norm)";
}

}  // namespace

extern const Analysis kNorms;
const Analysis kNorms = {.id = "norms",
                         .name = "Norms",
                         .group = "tokens",
                         .sentence =
                             "How long every patch's token is after each block; the outliers that registers are for "
                             "are marked.",
                         .reference = "Darcet et al. 2024",
                         .asks_block = false,
                         .asks_direction = false,
                         .asks_query = false,
                         .reads_output = true,
                         .parameters = kParameters,
                         .refusal = refused_without_tokens,
                         .work = work,
                         .answer = answer,
                         .about = about,
                         .caption = caption,
                         .quantity = quantity};

}  // namespace vit
