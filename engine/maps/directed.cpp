#include "engine/maps/directed.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/quantity.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/token_names.h"

namespace vit {
namespace {

/// Likewise for a map of what goes both ways.
std::string mutual_sentence(const MapSet& set, int index, const std::string& who) {
  const TokenGrid& grid = set.trace->grid;
  const MapFacts facts = facts_of(set, index);
  return fmt::format(
      "In {}{}, {} and the patch {} look at each other most: the product of the two shares is {:.2g}, {} that of even "
      "attention (1/{}²). {} of {} patches hold half of what is mutual.",
      who, after_dropout(set) ? ", after dropout" : "",
      query_phrase(set.question.query, grid, set.trace->model->config), place_text(facts.peak_patch, set.cols),
      facts.peak, even_text(set, facts.peak), grid.tokens(), half_mass_count(set.map(index)), set.patches());
}

}  // namespace

Matrix directed_rows(const Trace& trace, int block, const Question& question) {
  const int query = question.query;
  if (question.direction == Direction::looks_at) return attention_rows(trace, block, query, question.stage);
  Matrix columns = attention_columns(trace, block, query, question.stage);
  if (question.direction == Direction::looked_at_by) return columns;
  const Matrix rows = attention_rows(trace, block, query, question.stage);
  for (int head = 0; head < rows.rows(); ++head)
    for (int token = 0; token < rows.cols(); ++token) columns(head, token) *= rows(head, token);
  return columns;
}

double directed_floats(const Trace& trace, int block, Direction direction) {
  return floats_read(trace, block) * (direction == Direction::looks_at ? 1 : trace.grid.tokens());
}

const char* id_ending(Direction direction) {
  return direction == Direction::looks_at ? "" : direction == Direction::looked_at_by ? "_received" : "_both";
}

std::string directed_phrase(const MapSet& set) {
  const Direction direction = set.question.direction;
  const std::string way = direction == Direction::looks_at       ? "from "
                          : direction == Direction::looked_at_by ? "to "
                                                                 : "from and to ";
  return way + query_phrase(set.question.query, set.trace->grid, set.trace->model->config);
}

std::string directed_quantity(const MapSet& set) {
  return set.question.direction == Direction::product ? "product of two attention probabilities"
                                                      : "attention probability";
}

std::string window_sentence(const MapSet& set, int index) {
  const MapLabel& label = set.labels[static_cast<std::size_t>(index)];
  if (!label.window) return "";
  const int side = set.trace->model->config.window(label.block);
  std::string text = fmt::format(" Block {} works in windows of {} × {} patches: outside the frame there is nothing.",
                                 label.block, side, side);
  const bool padded = label.window->rows < side || label.window->cols < side;
  if (!padded || label.head == kMaxOfHeads || set.question.direction != Direction::looks_at || after_dropout(set) ||
      set.even <= 0)
    return text;
  const MapFacts facts = facts_of(set, index);
  return text + fmt::format(" {} goes to the padding that fills this one up, beyond the photo's edge.",
                            percent_text(std::max(0.f, 1 - facts.prefix - facts.patches)));
}

std::string directed_sentence(const MapSet& set, int index, const std::string& who) {
  const std::string window = window_sentence(set, index);
  switch (set.question.direction) {
    case Direction::looked_at_by:
      return received_sentence(set, index, who) + window;
    case Direction::product:
      return mutual_sentence(set, index, who) + window;
    case Direction::looks_at:
      break;
  }
  return shares_sentence(set, index, who) + window;
}

}  // namespace vit
