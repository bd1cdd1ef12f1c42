#include "engine/maps/map_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "engine/base/quantity.h"
#include "engine/maps/token_names.h"

namespace vit {

MapFacts facts_of(const MapSet& set, int index) {
  const std::span<const float> map = set.map(index), prefix = set.prefix_of(index);
  const int query = set.question.query, tokens = static_cast<int>(prefix.size());
  MapFacts facts;
  facts.own = query < tokens ? prefix[static_cast<std::size_t>(query)] : map[static_cast<std::size_t>(query - tokens)];
  for (const float share : prefix) facts.prefix += share;
  const auto sum_of = [](std::span<const float> values) {
    return static_cast<float>(std::accumulate(values.begin(), values.end(), 0.0));
  };
  facts.patches = sum_of(map);
  facts.peak_patch = static_cast<int>(std::max_element(map.begin(), map.end()) - map.begin());
  facts.peak = map[static_cast<std::size_t>(facts.peak_patch)];
  const float sum = facts.prefix + facts.patches;
  for (const std::span<const float> part : {prefix, map})
    for (const float share : part)
      if (share > 0) facts.entropy_bits -= share / sum * std::log2(share / sum);
  const MapLabel& label = set.labels[static_cast<std::size_t>(index)];
  if (label.head == kMaxOfHeads) {
    facts.patches = 0;
    for (int i = 0; i < set.count(); ++i) {
      const MapLabel& other = set.labels[static_cast<std::size_t>(i)];
      if (other.block == label.block && other.head >= 0) facts.patches = std::max(facts.patches, sum_of(set.map(i)));
    }
  }
  return facts;
}

int half_mass_count(std::span<const float> map) {
  std::vector<float> sorted(map.begin(), map.end());
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  const double half = std::accumulate(sorted.begin(), sorted.end(), 0.0) / 2;
  double sum = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i)
    if ((sum += sorted[i]) >= half) return static_cast<int>(i) + 1;
  return static_cast<int>(map.size());
}

std::string place_text(int patch, int cols) {
  return fmt::format("row {}, column {}", patch / cols, patch % cols);
}

bool after_dropout(const MapSet& set) {
  return set.question.stage == Stage::after_dropout && set.trace->settings.active_attn_drop() > 0;
}

std::string shares_sentence(const MapSet& set, int index, const std::string& looks) {
  const TokenGrid& grid = set.trace->grid;
  const MapFacts facts = facts_of(set, index);
  const int query = set.question.query;
  const std::string phrase = query_phrase(query, grid, set.trace->model->config);
  std::string text = fmt::format("From {}{}, {} {} % on {}", phrase, after_dropout(set) ? ", after dropout" : "", looks,
                                 share_text(facts.own), query < grid.prefix ? phrase + " itself" : "its own patch");
  if (query >= grid.prefix && grid.prefix > 0)
    text +=
        fmt::format(", {} % on the {}", share_text(facts.prefix), grid.prefix > 1 ? "prefix tokens" : "class token");
  else if (query < grid.prefix && grid.prefix > 1)
    text += fmt::format(", {} % on the other prefix tokens", share_text(facts.prefix - facts.own));
  const int half = half_mass_count(set.map(index));
  const std::string peak = place_text(facts.peak_patch, set.cols);
  text += "; half of what goes to patches falls on ";
  if (half == 1) return text + fmt::format("one of {}, {} ({} %).", set.patches(), peak, share_text(facts.peak));
  return text + fmt::format("{} of {}, the most, {} %, on {}.", half, set.patches(), share_text(facts.peak), peak);
}

}  // namespace vit
