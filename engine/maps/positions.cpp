// What the network knows of places before it sees anything: the cosine of every position embedding with the query's, on
// the grid of this input (the ViT paper's figure 7, centre).
#include <fmt/format.h>

#include <algorithm>

#include "engine/maps/analysis.h"
#include "engine/maps/block_tokens.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/token_names.h"
#include "engine/network/position.h"

namespace vit {
namespace {

std::string refusal(const Trace& trace) {
  if (trace.blocks.empty()) return refused_without_tokens(trace);
  const PositionRule& rule = trace.model->config.position;
  if (rule.learned) return "";
  return rule.rotary == PositionRule::Rotary::none
             ? "This network has no position embedding."
             : "This network has no position embedding: it turns queries and keys by their place (RoPE).";
}

double work(const Trace& trace, const Question&) {
  return 4.0 * trace.grid.tokens() * trace.model->config.channels;  // resampling, mostly
}

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  means.step(0);
  const Matrix position = position_for(*subject.trace->model, subject.trace->grid);
  means.step(0.8);
  MapSetBuilder set(subject, question);
  set.have_unit("");
  set.add({"positions", "cosine"}, cosines(position.view(), question.query).data());
  return set.finish();
}

std::string about(const MapSet& set, int index) {
  const TokenGrid& grid = set.trace->grid;
  const ModelConfig& config = set.trace->model->config;
  const int query = set.question.query, own = query - grid.prefix;
  const std::string who = query_phrase(query, grid, config);
  const std::span<const float> map = set.map(index);
  const std::string places = fmt::format("{} × {} places", grid.rows, grid.cols);
  const std::string stored =
      grid.rows == config.grid_height && grid.cols == config.grid_width
          ? places
          : fmt::format("{}, resampled from {} × {}", places, config.grid_height, config.grid_width);
  const bool none = std::all_of(map.begin(), map.end(), [](float value) { return value == 0; });
  if (none) return fmt::format("To {} the network adds no position, so that no place is like it ({}).", who, stored);
  if (own < 0)
    return fmt::format("Cosine of each place's embedding with that of {}: {:.2f} in the median, {:.2f} at most ({}).",
                       who, median({map.begin(), map.end()}), *std::max_element(map.begin(), map.end()), stored);
  double beside = 0;  // of its neighbours
  int neighbours = 0;
  const int row = own / grid.cols, col = own % grid.cols;
  for (const auto& [r, c] : {std::pair{row - 1, col}, {row + 1, col}, {row, col - 1}, {row, col + 1}})
    if (r >= 0 && c >= 0 && r < grid.rows && c < grid.cols) {
      beside += set.value(index, r, c);
      ++neighbours;
    }
  return fmt::format(
      "Cosine of each place's embedding with that of {}: {:.2f} with its neighbours, {:.2f} in the median of all, "
      "{:.2f} at "
      "least ({}).",
      who, neighbours > 0 ? beside / neighbours : 1.0, median({map.begin(), map.end()}),
      *std::min_element(map.begin(), map.end()), stored);
}

std::string caption(const MapSet& set, int) {
  return "cosine of each place's position embedding with that of " +
         query_phrase(set.question.query, set.trace->grid, set.trace->model->config);
}

std::string quantity(const MapSet&) {
  return "cosine";
}

}  // namespace

extern const Analysis kPositions;
const Analysis kPositions = {.id = "positions",
                             .name = "Positions",
                             .group = "tokens",
                             .sentence =
                                 "How alike the network's position embeddings are: what it knows of places before "
                                 "it sees the photo.",
                             .reference = "Dosovitskiy et al. 2021, figure 7",
                             .asks_block = false,
                             .asks_direction = false,
                             .parameters = {},
                             .refusal = refusal,
                             .work = work,
                             .answer = answer,
                             .about = about,
                             .caption = caption,
                             .quantity = quantity};

}  // namespace vit
