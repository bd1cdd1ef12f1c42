// Every head of every block for one query, side by side.
#include "engine/maps/analysis.h"
#include "engine/maps/directed.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/token_names.h"

#include <fmt/format.h>

#include <utility>

namespace vit {
namespace {

double work(const Trace& trace, const Question& question) {
  double floats = 0;
  for (int block = 0; block < static_cast<int>(trace.blocks.size()); ++block)
    floats += directed_floats(trace, block, question.direction);
  return floats;
}

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  const Trace& trace = *subject.trace;
  const int depth = static_cast<int>(trace.blocks.size());
  MapSetBuilder set(subject, question);
  set.are_directed_shares();
  for (int block = 0; block < depth; ++block) {
    means.step(static_cast<double>(block) / depth);
    const Matrix rows = directed_rows(trace, block, question);
    for (int head = 0; head < rows.rows(); ++head) {
      MapLabel label = {
          "block" + padded(block, depth - 1) + "_head" + padded(head, rows.rows() - 1) + id_ending(question.direction),
          fmt::format("head {}", head), block, head};
      label.window = window_around(trace, block, question.query);
      set.add(std::move(label), rows.row(head));
    }
  }
  return set.finish();
}

std::string about(const MapSet& set, int index) {
  const MapLabel& label = set.labels[static_cast<std::size_t>(index)];
  const std::string who = fmt::format("head {} of block {}", label.head, label.block);
  return directed_sentence(set, index, who);
}

std::string caption(const MapSet& set, int) {
  return "attention " + directed_phrase(set);
}

}  // namespace

extern const Analysis kGrid;
const Analysis kGrid = {.id = "grid",
                        .name = "Grid",
                        .group = "grid",
                        .sentence = "Every head of every block in one grid.",
                        .reference = "",
                        .asks_block = false,
                        .asks_direction = true,
                        .parameters = {},
                        .refusal = refused_without_attention,
                        .work = work,
                        .answer = answer,
                        .about = about,
                        .caption = caption,
                        .quantity = directed_quantity};

}  // namespace vit
