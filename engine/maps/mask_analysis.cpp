// The patches that hold most of what a head gives: DINO's view of a map (Caron et al. 2021, "Emerging Properties in
// Self-Supervised Vision Transformers").
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "engine/base/quantity.h"
#include "engine/maps/analysis.h"
#include "engine/maps/directed.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/mask.h"
#include "engine/maps/token_names.h"

namespace vit {
namespace {

constexpr std::array kParameters = {
    Parameter{
        .id = "share",
        .label = "Share",
        .sentence = "The share of what a head gives to patches that the mask holds, in as few patches as possible.",
        .low = 0.01,
        .high = 0.99,
        .initial = 0.6},
};

constexpr std::array<MapTable::Column, 2> kColumns = {{{"patches", "patches"}, {"share_held", "share held"}}};

double work(const Trace& trace, const Question& question) {
  return directed_floats(trace, question.block, question.direction);
}

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  const Trace& trace = *subject.trace;
  const double share = analysis_by_id("mask")->value(question, "share");
  const int prefix = trace.grid.prefix, tokens = trace.grid.tokens(), block = question.block;
  Matrix rows = directed_rows(trace, block, question);
  means.step(0.5);
  MapSetBuilder set(subject, question);
  set.are_masks();
  set.have_unit("");
  auto table = std::make_shared<MapTable>();
  table->columns.assign(kColumns.begin(), kColumns.end());
  const auto add = [&](MapLabel label, const float* row, bool counts) {
    const std::span<const float> patches(row + prefix, static_cast<std::size_t>(tokens - prefix));
    const std::vector<float> mask = mask_of(patches, share);
    std::vector<float> whole(static_cast<std::size_t>(tokens), 0.f);
    std::copy(mask.begin(), mask.end(), whole.begin() + prefix);
    const double sum = std::accumulate(patches.begin(), patches.end(), 0.0);
    const double held = std::inner_product(patches.begin(), patches.end(), mask.begin(), 0.0);
    table->values.push_back(std::accumulate(mask.begin(), mask.end(), 0.f));
    table->values.push_back(static_cast<float>(sum > 0 ? held / sum : 0));
    label.note = fmt::format("{:.0f} patches", std::accumulate(mask.begin(), mask.end(), 0.f));
    set.add(std::move(label), whole.data(), counts);
  };
  std::vector<float> mean(static_cast<std::size_t>(tokens), 0.f);
  for (int head = 0; head < rows.rows(); ++head)
    for (int t = 0; t < tokens; ++t)
      mean[static_cast<std::size_t>(t)] += rows(head, t) / static_cast<float>(rows.rows());
  const std::string ending = id_ending(question.direction);
  const std::string id = "mask_block" + padded(block, static_cast<int>(trace.blocks.size()) - 1);
  add({id + "_mean" + ending, "mean", block, kMeanOfHeads}, mean.data(), false);
  for (int head = 0; head < rows.rows(); ++head)
    add({id + "_head" + padded(head, rows.rows() - 1) + ending, "head " + std::to_string(head), block, head},
        rows.row(head), true);
  set.have_table(table);
  return set.finish();
}

std::string about(const MapSet& set, int index) {
  const MapLabel& label = set.labels[static_cast<std::size_t>(index)];
  const std::string who = label.head == kMeanOfHeads ? fmt::format("the mean of {} heads", set.count() - 1)
                                                     : fmt::format("head {}", label.head);
  const std::string phrase = query_phrase(set.question.query, set.trace->grid, set.trace->model->config);
  const char* const what = set.question.direction == Direction::looks_at       ? "goes from"
                           : set.question.direction == Direction::looked_at_by ? "comes to"
                                                                               : "is mutual with";
  const float patches = set.table->at(index, 0);
  return fmt::format("{:.0f} of {} patches ({}) hold {} of what {} {} in {}, prefix tokens aside.", patches,
                     set.patches(), percent_text(patches / static_cast<float>(set.patches())),
                     percent_text(set.table->at(index, 1)), what, phrase, who);
}

std::string caption(const MapSet& set, int) {
  return fmt::format("the patches that hold {} of the attention {}",
                     percent_text(analysis_by_id("mask")->value(set.question, "share")), directed_phrase(set));
}

std::string quantity(const MapSet&) {
  return "in the mask";
}

}  // namespace

extern const Analysis kMask;
const Analysis kMask = {.id = "mask",
                        .name = "Mask",
                        .group = "heads",
                        .sentence = "The patches that hold most of what a head gives, as an outline and a fill.",
                        .reference = "Caron et al. 2021",
                        .asks_block = true,
                        .asks_direction = true,
                        .parameters = kParameters,
                        .refusal = refused_without_attention,
                        .work = work,
                        .answer = answer,
                        .about = about,
                        .caption = caption,
                        .quantity = quantity};

}  // namespace vit
