#include "engine/maps/directed.h"

#include <fmt/format.h>

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

std::string directed_sentence(const MapSet& set, int index, const std::string& who) {
  switch (set.question.direction) {
    case Direction::looked_at_by:
      return received_sentence(set, index, who);
    case Direction::product:
      return mutual_sentence(set, index, who);
    case Direction::looks_at:
      break;
  }
  return shares_sentence(set, index, who);
}

}  // namespace vit
