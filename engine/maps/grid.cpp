// Every head of every block for one query, side by side.
#include "engine/maps/analysis.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/token_names.h"

#include <fmt/format.h>

namespace vit {
namespace {

std::string refusal(const Subject& subject) {
  return subject.trace->blocks.empty() ? "The pass kept no maps; run it again with queries and keys kept." : "";
}

double work(const Subject& subject, const Question&) {
  double floats = 0;
  for (int block = 0; block < static_cast<int>(subject.trace->blocks.size()); ++block)
    floats += floats_read(*subject.trace, block);
  return floats;
}

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  const Trace& trace = *subject.trace;
  const int depth = static_cast<int>(trace.blocks.size());
  MapSetBuilder set(subject.trace, question);
  for (int block = 0; block < depth; ++block) {
    means.step(static_cast<double>(block) / depth);
    const Matrix rows = attention_rows(trace, block, question.query, question.stage);
    for (int head = 0; head < rows.rows(); ++head)
      set.add({"block" + padded(block, depth - 1) + "_head" + padded(head, rows.rows() - 1),
               fmt::format("head {}", head), block, head},
              rows.row(head));
  }
  return set.finish();
}

std::string about(const MapSet& set, int index) {
  const MapLabel& label = set.labels[static_cast<std::size_t>(index)];
  return shares_sentence(set, index, fmt::format("head {} of block {} puts", label.head, label.block));
}

}  // namespace

extern const Analysis kGrid;
const Analysis kGrid = {.id = "grid",
                        .name = "Layers × heads",
                        .sentence = "Every head of every block in one grid.",
                        .reference = "",
                        .asks_block = false,
                        .parameters = {},
                        .refusal = refusal,
                        .work = work,
                        .answer = answer,
                        .about = about};

}  // namespace vit
