// Which attention of a block a prediction depends on: each probability times its gradient, head by head.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/maps/directed.h"
#include "engine/maps/for_class.h"
#include "engine/maps/token_names.h"

namespace vit {
namespace {

enum Part : std::uint8_t { positive, negative, both };
constexpr std::array kParts = {"for", "against", "both"};
constexpr std::array kParameters = {
    kClassParameter, kComparedParameter, kOtherPatchParameter,
    Parameter{.id = "part",
              .label = "Speaks",
              .sentence =
                  "What is shown of attention × gradient: where more attention would raise the number, where it "
                  "would lower it, or both by their size.",
              .low = 0,
              .high = 2,
              .initial = positive,
              .names = kParts}};

double work(const Trace& trace, const Question& question) {
  return backward_work(trace, question.block);
}

float part_of(float value, Part part) {
  return part == positive ? std::max(0.f, value) : part == negative ? std::max(0.f, -value) : std::abs(value);
}

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  const Trace& trace = *subject.trace;
  const Analysis& analysis = *analysis_by_id(question.analysis);
  const int tokens = trace.grid.tokens(), heads = trace.settings.heads(question.block);
  const auto part = static_cast<Part>(analysis.value(question, "part"));
  const Direction direction = question.direction;
  Matrix maps(heads, tokens), columns(heads, tokens);
  const BackwardHooks hooks{.down_to = question.block, .head = [&](const HeadGradient& one) {
                              if (one.block != question.block) return;
                              float* const row = maps.row(one.head);
                              float* const column = columns.row(one.head);
                              const auto value = [&](int query, int token) {
                                return part_of(one.attention(query, token) * one.gradient(query, token), part);
                              };
                              for (int r = 0; r < one.gradient.rows; ++r) {
                                column[one.first_query + r] = value(r, question.query);
                                if (one.first_query + r != question.query) continue;
                                for (int t = 0; t < tokens; ++t) row[t] = value(r, t);
                              }
                            }};
  const BackwardRun run = run_backward(trace, target_of(subject, analysis, question), hooks, means);
  for (int head = 0; head < heads; ++head)
    for (int t = 0; t < tokens; ++t) {
      if (direction == Direction::looked_at_by) maps(head, t) = columns(head, t);
      if (direction == Direction::product) maps(head, t) *= columns(head, t);
    }
  std::vector<float> mean(static_cast<std::size_t>(tokens), 0.f);
  for (int head = 0; head < heads; ++head)
    for (int t = 0; t < tokens; ++t) mean[static_cast<std::size_t>(t)] += maps(head, t) / static_cast<float>(heads);
  MapSetBuilder set(subject, question);
  set.took_backward(run);
  set.have_unit("");
  const std::string block = "gradient_block" + padded(question.block, static_cast<int>(trace.blocks.size()) - 1);
  const std::string received = id_ending(direction);
  set.add({block + "_mean" + received, "mean", question.block, kMeanOfHeads}, mean.data(), false);
  for (int head = 0; head < heads; ++head)
    set.add(
        {block + "_head" + padded(head, heads - 1) + received, "head " + std::to_string(head), question.block, head},
        maps.row(head));
  return set.finish();
}

std::string about(const MapSet& set, int index) {
  const int head = set.labels[static_cast<std::size_t>(index)].head;
  const auto part = static_cast<Part>(analysis_by_id("gradient")->value(set.question, "part"));
  const std::string where = head == kMeanOfHeads ? "on average over the heads" : fmt::format("in head {}", head);
  const std::string what = part == positive   ? "speaks for it"
                           : part == negative ? "speaks against it"
                                              : "it depends on";
  return strength_sentence(
      set, index,
      fmt::format("the attention {} {} that {} {}",
                  set.question.direction == Direction::looks_at       ? "from"
                  : set.question.direction == Direction::looked_at_by ? "to"
                                                                      : "from and to",
                  query_phrase(set.question.query, set.trace->grid, set.trace->model->config), what, where));
}

std::string caption(const MapSet& set, int) {
  const auto part = static_cast<Part>(analysis_by_id("gradient")->value(set.question, "part"));
  return std::string(part == both ? "size of attention × gradient " : "attention × gradient ") + directed_phrase(set) +
         (part == negative ? ", against " : ", for ") + target_title(set);
}

std::string quantity(const MapSet& set) {
  constexpr std::array kOf = {"attention × gradient, negative ones as 0", "−(attention × gradient), negative ones as 0",
                              "size of attention × gradient"};
  const auto part = static_cast<std::size_t>(analysis_by_id("gradient")->value(set.question, "part"));
  return std::string(set.question.direction == Direction::product ? "product of both ways' " : "") + kOf[part];
}

}  // namespace

extern const Analysis kGradient;
const Analysis kGradient = {.id = "gradient",
                            .name = "Gradient",
                            .group = "flow",
                            .sentence =
                                "The attention of one block's heads times its gradient: which of it a class "
                                "depends on.",
                            .reference = "Chefer et al. 2021",
                            .asks_block = true,
                            .asks_direction = true,
                            .reads_output = true,
                            .parameters = kParameters,
                            .refusal = refused_backward,
                            .work = work,
                            .answer = answer,
                            .about = about,
                            .caption = caption,
                            .quantity = quantity};

}  // namespace vit
