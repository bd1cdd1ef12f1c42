// Where the one query behind the blocks looks: that of an attention pool (SigLIP's head, timm's), or the class token of
// class-attention blocks (CaiT, Touvron et al. 2021).
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/quantity.h"
#include "engine/maps/analysis.h"
#include "engine/maps/map_facts.h"
#include "engine/maps/token_names.h"

namespace vit {
namespace {

std::string refusal(const Trace& trace) {
  if (trace.model->config.pool != ModelConfig::Pool::attention)
    return "This network pools its tokens without an attention of its own; SigLIP, CaiT and networks with an attention "
           "pool have one.";
  if (trace.pool_shares.empty()) return "The pass ended before the pool; run all of it.";
  return refused_without_attention(trace);
}

double work(const Trace& trace, const Question&) {
  return 8.0 * trace.grid.tokens() * trace.model->config.num_heads;
}

/// Of one pool or class block: the mean of its heads, then each of them.
void add(const Trace& trace, int pool, MapSetBuilder& set) {
  const Matrix& shares = trace.pool_shares[static_cast<std::size_t>(pool)];
  const int tokens = trace.grid.tokens(), heads = shares.rows(), unseen = tokens - shares.cols();
  const bool itself = unseen < 0;  // the class token's own column stands first
  const std::string id = itself ? fmt::format("class{}", pool) : "pool";
  const std::string title = itself ? fmt::format("class block {}, ", pool) : "";
  // A pool counts as of the last block, class blocks count from 0.
  const int last = trace.model->config.depth - 1, behind = itself ? std::min(pool, last) : last;
  Matrix rows(1 + heads, tokens);  // the mean first
  for (int head = 0; head < heads; ++head) {
    for (int t = 0; t < shares.cols(); ++t) {
      if (t + unseen < 0) continue;
      rows(1 + head, t + unseen) = shares(head, t);
      rows(0, t + unseen) += shares(head, t) / static_cast<float>(heads);
    }
  }
  for (int row = 0; row <= heads; ++row) {
    MapLabel label{row == 0 ? id + "_mean" : id + "_head" + padded(row - 1, heads - 1),
                   title + (row == 0 ? std::string("mean") : fmt::format("head {}", row - 1)), behind,
                   row == 0 ? kMeanOfHeads : row - 1};
    if (itself) {
      label.brief = fmt::format("{}·{}", pool, row == 0 ? "mean" : std::to_string(row - 1));
      double own = 0;
      for (int head = row == 0 ? 0 : row - 1; head < (row == 0 ? heads : row); ++head) own += shares(head, 0);
      label.note = "itself " + percent_text(row == 0 ? own / heads : own);
    }
    set.add(std::move(label), rows.row(row), row > 0);
  }
}

std::shared_ptr<const MapSet> answer(const Subject& subject, const Question& question, const Means& means) {
  const Trace& trace = *subject.trace;
  MapSetBuilder set(subject, question);
  set.are_shares();
  for (int pool = 0; pool < static_cast<int>(trace.pool_shares.size()); ++pool) {
    means.step(static_cast<double>(pool) / static_cast<double>(trace.pool_shares.size()));
    add(trace, pool, set);
  }
  return set.finish();
}

std::string about(const MapSet& set, int index) {
  const MapFacts facts = facts_of(set, index);
  const MapLabel& label = set.labels[static_cast<std::size_t>(index)];
  std::string text = fmt::format(
      "Behind the blocks, {} spreads over about {:.0f} of {} tokens. The strongest patch, {}, gets {} the even share",
      label.title, std::max(1.f, facts.spread), set.trace->grid.tokens(), place_text(facts.peak_patch, set.cols),
      even_text(set, facts.peak));
  const int half = half_mass_count(set.map(index));
  text += half == 1 ? fmt::format(" and more than half of what goes to the {} patches.", set.patches())
                    : fmt::format("; {} of {} patches get half of what goes to patches.", half, set.patches());
  return label.note.empty() ? text : text + " The class token looks at " + label.note + ".";
}

std::string caption(const MapSet& set, int) {
  const bool class_blocks = set.trace->pool_shares.front().cols() > set.trace->grid.tokens();
  return class_blocks ? "attention of the class token in its own blocks" : "attention of the pool behind the blocks";
}

std::string quantity(const MapSet&) {
  return "attention probability";
}

}  // namespace

extern const Analysis kPoolAttention;
const Analysis kPoolAttention = {.id = "pool",
                                 .name = "Pool",
                                 .group = "heads",
                                 .sentence =
                                     "Where the one query behind the blocks looks, from which this network's answer "
                                     "is read: an attention pool, or the class token of class-attention blocks.",
                                 .reference = "",
                                 .asks_block = false,
                                 .asks_direction = false,
                                 .asks_query = false,
                                 .reads_output = true,
                                 .parameters = {},
                                 .refusal = refusal,
                                 .work = work,
                                 .answer = answer,
                                 .about = about,
                                 .caption = caption,
                                 .quantity = quantity};

}  // namespace vit
